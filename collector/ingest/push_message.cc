#include "collector/ingest/push_message.h"

#include <string>
#include <utility>

#include "base/status.h"
#include "base/strings.h"
#include "collector/log/batch_view.h"

namespace sluice::collector {
namespace {

// Whoever keeps a batch (a slow subscriber, the log's tail) keeps the memory that it lies in: a small batch of a large
// message gets its own.
SharedBytes TakePart(std::string_view part, const SharedBytes& message) {
  constexpr size_t kKeptRatioMax = 8;
  if (part.size() * kKeptRatioMax >= message.size()) return message.Part(part);
  return SharedBytes::FromString(std::string(part));
}

absl::StatusOr<IngestBatch> ReadBatch(std::string_view part, const SharedBytes& message, std::string_view agent) {
  SharedBytes bytes = TakePart(part, message);
  SLUICE_ASSIGN_OR_RETURN(BatchView view, BatchView::Parse(bytes.view()));
  SeverityCounts by_severity;
  SLUICE_RETURN_IF_ERROR(ValidateBatch(view, &by_severity));
  if (view.agent != agent) {
    return InvalidArgument("agent is '", view.agent, "', but the stream's hello said '", agent, "'");
  }
  IngestBatch batch;
  batch.pending = {std::move(bytes), view};
  for (size_t i = 0; i < by_severity.size(); ++i) batch.records_by_range[SeverityRange(i)] += by_severity[i];
  return batch;
}

}  // namespace

absl::StatusOr<std::vector<IngestBatch>> ReadBatches(const PushEnvelope& envelope, const SharedBytes& message,
                                                     std::string_view agent) {
  std::vector<IngestBatch> batches;
  batches.reserve(envelope.batches.size());
  for (std::string_view bytes : envelope.batches) {
    auto index = static_cast<uint32_t>(batches.size());
    absl::StatusOr<IngestBatch> batch = ReadBatch(bytes, message, agent);
    if (!batch.ok()) return Annotate(batch.status(), StrCat("batches[", index, "]"));
    batch->index = index;
    batches.push_back(*std::move(batch));
  }
  return batches;
}

}  // namespace sluice::collector
