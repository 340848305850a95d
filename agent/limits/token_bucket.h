// A rate that may be overdrawn once and is then waited for.
#pragma once

#include <algorithm>
#include <cstdint>

namespace sluice::agent {

// What is taken is known only afterwards (a chunk of a file has as many lines as it has), so a take may leave a debt,
// and the next one waits until it is paid. Saves up one second at most. Time is monotonic nanoseconds, passed in. Pure
// value.
class TokenBucket {
 public:
  // Full at `now`. rate 0: no limit.
  TokenBucket(uint64_t per_second, int64_t now)
      : rate_(static_cast<double>(per_second)), tokens_(rate_), filled_at_(now) {}

  // When something may be taken: `now` or earlier if at once.
  int64_t AllowedAt(int64_t now) const {
    if (rate_ == 0) return now;
    double tokens = TokensAt(now);
    if (tokens >= 1) return now;
    return now + static_cast<int64_t>((1 - tokens) / rate_ * kSecond) + 1;
  }
  void Take(uint64_t count, int64_t now) {
    if (rate_ == 0) return;
    tokens_ = TokensAt(now) - static_cast<double>(count);
    filled_at_ = now;
  }
  uint64_t rate() const { return static_cast<uint64_t>(rate_); }

 private:
  static constexpr double kSecond = 1e9;
  double TokensAt(int64_t now) const {
    return std::min(rate_, tokens_ + static_cast<double>(now - filled_at_) / kSecond * rate_);
  }

  double rate_;
  double tokens_;
  int64_t filled_at_;
};

}  // namespace sluice::agent
