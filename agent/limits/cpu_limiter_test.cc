#include "agent/limits/cpu_limiter.h"

#include "gtest/gtest.h"

namespace sluice::agent {
namespace {

constexpr int64_t kMilli = 1'000'000;

TEST(CpuLimiterTest, WithoutAShareThereIsNoPause) {
  CpuLimiter limiter(0, 0, 0);
  EXPECT_FALSE(limiter.enabled());
  EXPECT_EQ(limiter.Pause(1, 1000 * kMilli), 0);
}

// Work that takes all it gets, in steps of 2 ms, for a minute.
TEST(CpuLimiterTest, KeepsTheShareOverTime) {
  for (double share : {0.05, 0.5, 0.9, 1.5}) {
    CpuLimiter limiter(share, 0, 0);
    int64_t now = 0, cpu = 0;
    while (now < 60'000 * kMilli) {
      now += 2 * kMilli;
      cpu += 4 * kMilli;  // two threads
      now += limiter.Pause(now, cpu);
    }
    EXPECT_NEAR(static_cast<double>(cpu) / static_cast<double>(now), share, 0.01 + 0.2 / 60) << share;
  }
}

TEST(CpuLimiterTest, AShortBurstAfterRestPasses) {
  CpuLimiter limiter(0.5, 0, 0);
  EXPECT_EQ(limiter.Pause(10'000 * kMilli, 0), 0);
  EXPECT_EQ(limiter.Pause(10'050 * kMilli, 50 * kMilli), 0);
  EXPECT_GT(limiter.Pause(10'400 * kMilli, 500 * kMilli), 0);
}

}  // namespace
}  // namespace sluice::agent
