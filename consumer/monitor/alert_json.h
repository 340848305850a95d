// Alerts as JSON: the body of the records in topic `alerts`, and what webhooks and commands are given.
//
//   {"rule":"traffic","state":"firing","severity":"warn","group":{"host":"web-1"},"value":12.5,"threshold":10,
//    "starts_at":"2026-11-20T09:15:39Z","ends_at":null,"message":"High traffic …","labels":{"team":"web"}}
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "consumer/monitor/stage.h"

namespace sluice::monitor {

// One line.
std::string AlertJson(const Alert& alert);
// InvalidArgument if this is no alert.
absl::StatusOr<Alert> ParseAlertJson(std::string_view json);

// "firing", "resolved".
std::string_view AlertStateName(Alert::State state);
// "warn"; empty if it is not known.
std::string AlertSeverityName(v1::Severity severity);
// {"host":"web-1"}, and "host=web-1, path=/".
std::string AlertGroupJson(const Alert& alert);
std::string AlertGroupText(const Alert& alert);
// RFC 3339 in UTC, with as many digits as it takes.
std::string AlertTime(absl::Time time);
// The figure as people write it, six digits that count at most: 12.5, 1e+09.
std::string AlertFigure(double value);

}  // namespace sluice::monitor
