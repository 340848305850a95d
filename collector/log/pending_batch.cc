#include "collector/log/pending_batch.h"

#include "base/status.h"
#include "base/strings.h"

namespace sluice::collector {
namespace {

absl::Status CheckView(const BatchView& view) {
  SLUICE_RETURN_IF_ERROR(CheckTopicName(view.topic));
  SLUICE_RETURN_IF_ERROR(CheckAgentId(view.agent));
  if (view.first_offset >= view.end_offset || view.count == 0) {
    return InvalidArgument("the batch [", view.first_offset, ", ", view.end_offset, ") of ", view.count,
                           " records covers nothing");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckPendingBatch(const PendingBatch& batch) {
  const BatchView& whole = batch.view;
  SLUICE_RETURN_IF_ERROR(CheckView(whole));
  if (!batch.parts.has_value()) return absl::OkStatus();
  for (const BatchPart& part : *batch.parts) {
    SLUICE_RETURN_IF_ERROR(Annotate(CheckView(part.view), "a part"));
    if (part.view.agent != whole.agent || part.view.file != whole.file || part.view.first_offset < whole.first_offset ||
        part.view.end_offset > whole.end_offset) {
      return InvalidArgument("the part [", part.view.first_offset, ", ", part.view.end_offset,
                             ") is not of the batch [", whole.first_offset, ", ", whole.end_offset, ")");
    }
  }
  return absl::OkStatus();
}

}  // namespace sluice::collector
