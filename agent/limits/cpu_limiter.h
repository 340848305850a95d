// A share of a core that the process may use.
#pragma once

#include <algorithm>
#include <cstdint>

namespace sluice::agent {

// Says how long to pause, so that the CPU time of the whole process stays below a share of the time that passes. What a
// pause of the agent's loop cannot stop (gRPC finishing what it was given) is paid for by a longer pause. Pure value.
class CpuLimiter {
 public:
  // `share` of one core, 0: no limit. `cpu` is the process's CPU time so far, `now` monotonic; both nanoseconds.
  CpuLimiter(double share, int64_t now, int64_t cpu) : share_(share), now_(now), cpu_(cpu) {}

  bool enabled() const { return share_ > 0; }

  // Nanoseconds to pause for, 0 if none.
  int64_t Pause(int64_t now, int64_t cpu) {
    if (share_ <= 0) return 0;
    credit_ += static_cast<double>(now - now_) * share_ - static_cast<double>(cpu - cpu_);
    credit_ = std::min(credit_, kSavedNanos * share_);
    now_ = now;
    cpu_ = cpu;
    return credit_ >= 0 ? 0 : static_cast<int64_t>(std::min(-credit_ / share_, kPauseNanosMax));
  }

 private:
  // Idle time that may be made up for: short bursts pass at full speed.
  static constexpr double kSavedNanos = 200e6;
  static constexpr double kPauseNanosMax = 1e9;

  double share_;
  int64_t now_;
  int64_t cpu_;
  double credit_ = 0;
};

}  // namespace sluice::agent
