#include "collector/ingest/pending_message.h"

#include <string>

#include "absl/strings/ascii.h"
#include "base/status.h"

namespace sluice::collector {

void PendingMessage::Reject(const IngestBatch& batch, const absl::Status& why, CollectorMetrics* metrics) {
  v1::Rejection& rejection = rejections.emplace_back();
  rejection.set_sequence(sequence);
  rejection.set_batch(batch.index);
  rejection.set_code(static_cast<int32_t>(why.code()));
  rejection.set_reason(std::string(MessageOf(why)));
  rejection.set_first_offset(batch.pending.view.first_offset);
  metrics->CountRejectedBatch(absl::AsciiStrToLower(absl::StatusCodeToString(why.code())));
}

namespace {

void CountStored(const BatchView& view, const SeverityCounts& by_severity, CollectorMetrics* metrics) {
  const CollectorMetrics::Topic& topic = metrics->OfTopic(view.topic);
  for (size_t i = 0; i < by_severity.size(); ++i) {
    if (by_severity[i] != 0) topic.records[SeverityRange(i)]->Increment(by_severity[i]);
  }
  topic.bytes->Increment(static_cast<double>(view.bytes.size()));
}

void CountRouted(const IngestBatch& batch, CollectorMetrics* metrics) {
  const std::vector<BatchPart>& parts = *batch.pending.parts;
  for (size_t i = 0; i < parts.size(); ++i) CountStored(parts[i].view, batch.routed.parts[i], metrics);
  for (const auto& [route, records] : batch.routed.dropped) metrics->CountDropped(*route, records);
  for (const auto& [reason, records] : batch.routed.dead_letters) metrics->CountDeadLetters(reason, records);
}

}  // namespace

uint64_t CountResults(const PendingMessage& message, const std::vector<AppendResult>& results,
                      CollectorMetrics* metrics) {
  uint64_t stored = 0;
  for (size_t i = 0; i < results.size(); ++i) {
    const IngestBatch& batch = message.appended[i];
    if (results[i].outcome == AppendResult::Outcome::kDuplicate) metrics->batches_duplicate.Increment();
    if (results[i].outcome != AppendResult::Outcome::kStored) continue;
    if (batch.pending.parts.has_value()) {
      CountRouted(batch, metrics);
    } else {
      CountStored(batch.pending.view, batch.by_severity, metrics);
    }
    stored += batch.pending.view.count;
  }
  return stored;
}

}  // namespace sluice::collector
