// How fast a source, or all of them, may be read.
#pragma once

#include <cstdint>
#include <limits>

namespace sluice::agent {

struct RateLimit {
  uint64_t bytes_per_second = 0;  // 0: no limit
  uint64_t lines_per_second = 0;

  bool any() const { return bytes_per_second > 0 || lines_per_second > 0; }
  friend bool operator==(const RateLimit&, const RateLimit&) = default;
};

// How much may be read at this moment. One record may always be, however long it is.
struct ReadAllowance {
  static constexpr uint64_t kAny = std::numeric_limits<uint64_t>::max();
  uint64_t bytes = kAny;
  uint64_t lines = kAny;

  bool limited() const { return bytes != kAny || lines != kAny; }
};

}  // namespace sluice::agent
