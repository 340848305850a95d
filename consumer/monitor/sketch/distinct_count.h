// How many different things there were, in memory that does not grow with their number.
//
// HyperLogLog (Flajolet et al. 2007) with 2^14 registers of 64-bit hashes, and Ertl's estimator (2017), which needs no
// correction for small or large numbers. Standard error: 1.04 / sqrt(2^14) = 0.81 %; two thirds of all estimates are
// within that, 99.7 % within three times that. Of a few dozen it is mostly exact.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace sluice::monitor::sketch {

// Not thread-safe. 16 KiB.
class DistinctCount {
 public:
  static constexpr int kPrecision = 14;
  static constexpr size_t kRegisters = size_t{1} << kPrecision;
  static constexpr double kStandardError = 0.0081;

  DistinctCount() : registers_(kRegisters, 0) {}

  // A hash of 64 bits of the thing, such as Xxh3.
  void Add(uint64_t hash) {
    uint8_t& rank = registers_[hash >> (64 - kPrecision)];
    // The place of the first 1 among the other bits, from 1 on.
    const auto found = static_cast<uint8_t>(1 + __builtin_clzll(hash << kPrecision | uint64_t{1} << (kPrecision - 1)));
    if (found > rank) rank = found;
  }
  void Clear() { registers_.assign(kRegisters, 0); }

  double Estimate() const;

  // As if all that `other` has seen had come here, too: exactly so.
  void Merge(const DistinctCount& other);

  // Small while few things were seen.
  std::string Encode() const;
  // DataLoss if these are no such bytes.
  static absl::StatusOr<DistinctCount> Decode(std::string_view bytes);

 private:
  std::vector<uint8_t> registers_;
};

}  // namespace sluice::monitor::sketch
