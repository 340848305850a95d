// What every engine relies on of the batches that it is given.
#pragma once

#include "absl/status/status.h"
#include "collector/log/event_log.h"

namespace sluice::collector {

// InvalidArgument with what was found: a topic or an agent that is none, a batch that covers nothing, a part that is
// not of its batch.
absl::Status CheckPendingBatch(const PendingBatch& batch);

}  // namespace sluice::collector
