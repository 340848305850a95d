// Cursors for the wire: "r1-<id of the log>-<sequence>-<records>".
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "collector/log/event_log.h"

namespace sluice::collector {

std::string FormatCursorText(std::string_view log_id, Position position);

// InvalidArgument if it is no cursor, FailedPrecondition if it belongs to another log.
absl::StatusOr<Position> ParseCursorText(std::string_view log_id, std::string_view cursor);

}  // namespace sluice::collector
