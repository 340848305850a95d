// Moments as people write them on a command line.
#pragma once

#include <optional>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "consumer/client/client.h"

namespace sluice::cli {

// What times are relative to.
struct TimeContext {
  absl::Time now;
  absl::TimeZone zone;  // of times without one
};

// "5m" (ago), "2026-11-20T09:15:39.123Z", "2026-11-20 09:15[:39]", "2026-11-20", "09:15[:39]" (today). InvalidArgument
// says what is allowed.
absl::StatusOr<absl::Time> ParseMoment(std::string_view text, const TimeContext& context);

// A moment, "beginning", "end", or else a cursor. InvalidArgument for a word near one of the two.
absl::StatusOr<client::Start> ParseStart(std::string_view text, const TimeContext& context);

}  // namespace sluice::cli
