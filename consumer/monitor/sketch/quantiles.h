// Quantiles of a distribution, in memory that does not grow with the number of values.
//
// DDSketch (Masson, Rim, Lee 2019): counts of values in bins whose bounds grow by the same factor, so that each
// quantile is within 1 % of a value that really has that rank. Values from 1e-9 to 1e9; smaller ones (and 0, and
// negative ones) count as 0, larger ones as 1e9.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace sluice::monitor::sketch {

// Not thread-safe. At most 17 KiB, as wide as the values differ.
class Quantiles {
 public:
  static constexpr double kRelativeError = 0.01;

  void Add(double value);
  void Clear();

  uint64_t count() const { return count_; }
  // Exact. 0 if there is no value.
  double max() const { return max_; }
  double sum() const { return sum_; }
  // The least value such that a share q of all values is not above it: from 0 (the least) to 1 (the largest). 0 if
  // there is no value.
  double Quantile(double q) const;

  // As if all values of `other` had come here, too: exactly so.
  void Merge(const Quantiles& other);

  std::string Encode() const;
  // DataLoss if these are no such bytes.
  static absl::StatusOr<Quantiles> Decode(std::string_view bytes);

 private:
  void Count(int bin, uint64_t times);

  uint64_t count_ = 0;
  uint64_t zeros_ = 0;
  double max_ = 0;
  double sum_ = 0;
  int first_bin_ = 0;           // of bins_
  std::vector<uint64_t> bins_;  // counts
};

}  // namespace sluice::monitor::sketch
