#include "base/clock.h"

#include <gtest/gtest.h>

#include <ctime>

namespace sluice {
namespace {

TEST(SystemClockTest, TellsTheHostsTime) {
  const int64_t before = int64_t{time(nullptr)};
  const int64_t now = SystemClock()->UnixNanos();
  EXPECT_GE(now, before * 1'000'000'000 - 1'000'000'000);
  EXPECT_LE(now, (before + 60) * 1'000'000'000);
}

TEST(SystemClockTest, MonotonicTimeNeverGoesBack) {
  int64_t last = SystemClock()->MonotonicNanos();
  for (int i = 0; i < 1000; ++i) {
    const int64_t now = SystemClock()->MonotonicNanos();
    ASSERT_GE(now, last);
    last = now;
  }
}

TEST(SimulatedClockTest, StandsStillUntilToldToMove) {
  SimulatedClock clock(1000);
  EXPECT_EQ(clock.UnixNanos(), 1000);
  EXPECT_EQ(clock.UnixNanos(), 1000);
  clock.Advance(5);
  EXPECT_EQ(clock.UnixNanos(), 1005);
  EXPECT_EQ(clock.MonotonicNanos(), 5);
}

TEST(SimulatedClockTest, MonotonicTimeDoesNotNoticeAJumpOfTheWallClock) {
  SimulatedClock clock(1000);
  clock.SetUnixNanos(10);
  EXPECT_EQ(clock.UnixNanos(), 10);
  EXPECT_EQ(clock.MonotonicNanos(), 0);
}

}  // namespace
}  // namespace sluice
