#include "base/clock.h"

#include <ctime>

namespace sluice {
namespace {

int64_t Now(clockid_t clock) {
  timespec now;
  clock_gettime(clock, &now);  // cannot fail for the two clocks below
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

class HostClock final : public Clock {
 public:
  int64_t UnixNanos() const override { return Now(CLOCK_REALTIME); }
  int64_t MonotonicNanos() const override { return Now(CLOCK_MONOTONIC); }
};

}  // namespace

const Clock* SystemClock() {
  static const HostClock* const clock = new HostClock;
  return clock;
}

}  // namespace sluice
