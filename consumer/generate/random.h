// Chance that is the same everywhere: one seed, one sequence, on every machine and with every library.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sluice::generate {

// SplitMix64. Not thread-safe; not for secrets.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  uint64_t Next() {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  // Evenly from 0 to `end` - 1; `end` > 0.
  uint64_t Below(uint64_t end) { return static_cast<uint64_t>((static_cast<unsigned __int128>(Next()) * end) >> 64); }
  // From `first` to `last`, small values much more often: as times and prices are.
  uint64_t Skewed(uint64_t first, uint64_t last) {
    uint64_t span = last - first + 1;
    return first + Below(1 + Below(1 + Below(span)));
  }

 private:
  uint64_t state_;
};

}  // namespace sluice::generate
