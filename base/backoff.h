// Exponential backoff with full jitter.
#pragma once

#include <algorithm>
#include <cstdint>

#include "absl/random/random.h"
#include "absl/time/time.h"

namespace sluice {

// Not thread-safe.
class Backoff {
 public:
  Backoff(absl::Duration initial, absl::Duration max) : initial_(initial), max_(max), next_(initial) {}

  // How long to wait before the next try: between half of and the whole of the current step, which then doubles.
  absl::Duration Next() {
    absl::Duration step = next_;
    next_ = std::min(next_ * 2, max_);
    return step * absl::Uniform(random_, 0.5, 1.0);
  }
  // After a success.
  void Reset() { next_ = initial_; }

 private:
  const absl::Duration initial_;
  const absl::Duration max_;
  absl::Duration next_;
  absl::BitGen random_;
};

}  // namespace sluice
