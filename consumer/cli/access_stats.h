// The monitor's statistics of access logs, as topic `metrics` has them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/time/time.h"

namespace sluice::cli {

// One interval.
struct AccessStats {
  struct Section {
    std::string name;
    uint64_t hits = 0;
    uint64_t hits_error = 0;  // how many too many it may be
    uint64_t bytes = 0;
    uint64_t errors = 0;
  };
  struct Latency {
    double p50 = 0;
    double p90 = 0;
    double p99 = 0;
    double max = 0;
  };
  using Counts = std::vector<std::pair<std::string, uint64_t>>;

  absl::Time from;
  absl::Time to;
  uint64_t hits = 0;
  double hits_per_second = 0;
  uint64_t bytes = 0;
  uint64_t unique_clients = 0;
  double error_rate = 0;
  uint64_t malformed = 0;
  uint64_t late = 0;
  uint64_t ahead = 0;
  Counts statuses;
  Counts methods;
  std::vector<Section> sections;
  std::optional<Latency> latency;  // seconds
};

// Nothing if the record is about something else.
std::optional<AccessStats> ParseAccessStats(std::string_view json);

}  // namespace sluice::cli
