// Writes log files at a pace.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "consumer/generate/line_source.h"

namespace sluice::generate {

struct GenerateOptions {
  std::string directory;
  Kind kind = Kind::kApp;
  uint64_t seed = 1;
  // Lines a second, evenly; 0: as fast as it goes.
  double rate = 0;
  // Lines in all; 0: until it is stopped.
  uint64_t count = 0;
  // Lines of access logs end with the seconds that the request took.
  bool latency = false;
  // The time of the first line; each further line is a millisecond later. Not set: the time of writing.
  std::optional<absl::Time> start_time;
};

struct GenerateResult {
  uint64_t lines = 0;
  uint64_t bytes = 0;
};

// Waits for the given time; false if it was told to stop.
using WaitFunction = std::function<bool(absl::Duration)>;

// Returns when all lines are written, or after it was told to stop.
absl::StatusOr<GenerateResult> Generate(const GenerateOptions& options, const Clock* clock, const WaitFunction& wait);

}  // namespace sluice::generate
