#include "base/backoff.h"

#include <gtest/gtest.h>

namespace sluice {
namespace {

TEST(BackoffTest, DoublesUpToItsMaximumWithJitter) {
  Backoff backoff(absl::Milliseconds(100), absl::Seconds(1));
  for (const int step_ms : {100, 200, 400, 800, 1000, 1000, 1000}) {
    const absl::Duration wait = backoff.Next();
    EXPECT_GE(wait, absl::Milliseconds(step_ms) / 2);
    EXPECT_LE(wait, absl::Milliseconds(step_ms));
  }
}

TEST(BackoffTest, StartsAgainAfterASuccess) {
  Backoff backoff(absl::Milliseconds(100), absl::Seconds(60));
  for (int i = 0; i < 5; ++i) backoff.Next();
  backoff.Reset();
  EXPECT_LE(backoff.Next(), absl::Milliseconds(100));
}

TEST(BackoffTest, TwoOfThemDoNotWaitInStep) {
  Backoff one(absl::Seconds(1), absl::Seconds(60));
  Backoff other(absl::Seconds(1), absl::Seconds(60));
  EXPECT_NE(one.Next(), other.Next());
}

}  // namespace
}  // namespace sluice
