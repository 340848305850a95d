// Where a subscription begins.
#pragma once

#include "absl/status/statusor.h"
#include "collector/log/event_log.h"
#include "sluice/v1/log_service.pb.h"

namespace sluice::collector {

// The position for `request.start`, or for none: the end with `follow`, else the beginning. InvalidArgument or
// FailedPrecondition names the field. May read the disk.
//
// A start at a time begins with what was appended up to five minutes before it, because a record's time (which the
// filter looks at) is that of the host that wrote the line: records of hosts whose clocks are up to five minutes ahead
// of the collector's are found.
absl::StatusOr<Position> ResolveStart(const v1::SubscribeRequest& request, EventLog* log);

}  // namespace sluice::collector
