// How fast a source, or all of them, may be read.
#pragma once

#include <cstdint>

namespace sluice::agent {

struct RateLimit {
  uint64_t bytes_per_second = 0;  // 0: no limit
  uint64_t lines_per_second = 0;

  bool any() const { return bytes_per_second > 0 || lines_per_second > 0; }
  friend bool operator==(const RateLimit&, const RateLimit&) = default;
};

}  // namespace sluice::agent
