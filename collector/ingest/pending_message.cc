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

uint64_t CountResults(const PendingMessage& message, const std::vector<AppendResult>& results,
                      CollectorMetrics* metrics) {
  uint64_t stored = 0;
  for (size_t i = 0; i < results.size(); ++i) {
    const IngestBatch& batch = message.appended[i];
    const BatchView& view = batch.pending.view;
    if (results[i].outcome == AppendResult::Outcome::kDuplicate) metrics->batches_duplicate.Increment();
    if (results[i].outcome != AppendResult::Outcome::kStored) continue;
    const CollectorMetrics::Topic& topic = metrics->OfTopic(view.topic);
    for (size_t range = 0; range < kSeverityRanges; ++range) {
      if (batch.records_by_range[range] != 0) topic.records[range]->Increment(batch.records_by_range[range]);
    }
    topic.bytes->Increment(static_cast<double>(view.bytes.size()));
    stored += view.count;
  }
  return stored;
}

}  // namespace sluice::collector
