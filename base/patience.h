// A short wait for what a program that was killed a moment ago still holds.
#pragma once

#include <cstdint>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "base/clock.h"

namespace sluice {

// Whoever kills a program and starts it again at once finds its lock or its port still taken: the kernel needs a moment
// to end it. So what is taken is asked for again, for two seconds at most. Not thread-safe.
//
//   Patience patience;
//   while (IsTaken() && patience.Wait()) continue;
class Patience {
 public:
  // Sleeps a moment; or returns false if that was enough.
  bool Wait() {
    if (SystemClock()->MonotonicNanos() > end_) return false;
    absl::SleepFor(absl::Milliseconds(10));
    return true;
  }

 private:
  const int64_t end_ = SystemClock()->MonotonicNanos() + 2'000'000'000;
};

}  // namespace sluice
