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

absl::StatusOr<IngestBatch> ReadBatch(std::string_view part, const SharedBytes& message, std::string_view agent,
                                      const Router* router) {
  SharedBytes bytes = TakePart(part, message);
  SLUICE_ASSIGN_OR_RETURN(BatchView view, BatchView::Parse(bytes.view()));
  IngestBatch batch;
  SLUICE_RETURN_IF_ERROR(ValidateBatch(view, &batch.by_severity));
  if (view.agent != agent) {
    return InvalidArgument("agent is '", view.agent, "', but the stream's hello said '", agent, "'");
  }
  batch.pending = {std::move(bytes), view};
  if (router != nullptr) batch.routed = router->Apply(batch.by_severity, &batch.pending);
  return batch;
}

}  // namespace

size_t IngestBatch::parts_bytes() const {
  size_t bytes = 0;
  if (!pending.parts.has_value()) return bytes;
  for (const BatchPart& part : *pending.parts) {
    if (part.bytes.view().data() != pending.bytes.view().data()) bytes += part.bytes.size();
  }
  return bytes;
}

absl::StatusOr<std::vector<IngestBatch>> ReadBatches(const PushEnvelope& envelope, const SharedBytes& message,
                                                     std::string_view agent, const Router* router) {
  std::vector<IngestBatch> batches;
  batches.reserve(envelope.batches.size());
  for (std::string_view bytes : envelope.batches) {
    auto index = static_cast<uint32_t>(batches.size());
    absl::StatusOr<IngestBatch> batch = ReadBatch(bytes, message, agent, router);
    if (!batch.ok()) return Annotate(batch.status(), StrCat("batches[", index, "]"));
    batch->index = index;
    batches.push_back(*std::move(batch));
  }
  return batches;
}

}  // namespace sluice::collector
