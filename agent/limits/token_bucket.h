// A rate, given out in small portions.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

namespace sluice::agent {

// What is taken may be more than there is (a line is as long as it is): the next take waits until the debt is paid.
// When all was taken, the next portion is a twentieth of a second's, so that a high rate needs no look at a file for
// each of its lines. Saves up one second at most. Time is monotonic nanoseconds, passed in. Pure value.
class TokenBucket {
 public:
  // Full at `now`. rate 0: no limit.
  TokenBucket(uint64_t per_second, int64_t now)
      : rate_(static_cast<double>(per_second)), tokens_(rate_), filled_at_(now) {}

  // When something may be taken: `now` or earlier if at once.
  int64_t AllowedAt(int64_t now) const {
    if (rate_ == 0) return now;
    double tokens = TokensAt(now);
    const double portion = std::max(1.0, rate_ * kPortionSeconds);
    if (tokens >= portion) return now;
    return now + static_cast<int64_t>((portion - tokens) / rate_ * kSecond) + 1;
  }
  // How much may be taken, if anything may be.
  uint64_t Available(int64_t now) const {
    if (rate_ == 0) return std::numeric_limits<uint64_t>::max();
    return static_cast<uint64_t>(std::max(1.0, TokensAt(now)));
  }
  void Take(uint64_t count, int64_t now) {
    if (rate_ == 0) return;
    tokens_ = TokensAt(now) - static_cast<double>(count);
    filled_at_ = now;
  }
  uint64_t rate() const { return static_cast<uint64_t>(rate_); }

 private:
  static constexpr double kSecond = 1e9;
  static constexpr double kPortionSeconds = 0.05;
  double TokensAt(int64_t now) const {
    return std::min(rate_, tokens_ + static_cast<double>(now - filled_at_) / kSecond * rate_);
  }

  double rate_;
  double tokens_;
  int64_t filled_at_;
};

}  // namespace sluice::agent
