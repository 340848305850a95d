// What `sluice stats` shows. Value in, text out.
#pragma once

#include <cstddef>
#include <deque>
#include <string>

#include "absl/time/time.h"
#include "consumer/cli/access_stats.h"

namespace sluice::cli {

// The intervals that the small graph goes back to.
inline constexpr size_t kStatsHistory = 120;

struct StatsLook {
  bool color = false;
  // Characters and lines of the terminal; what has no room is left out.
  size_t width = 100;
  size_t height = 1000;
  absl::TimeZone zone = absl::LocalTimeZone();
};

// The last interval of `history`, which is not empty, and the way to it; each line with its newline.
std::string StatsText(const std::deque<AccessStats>& history, absl::Time now, const StatsLook& look);

}  // namespace sluice::cli
