#include "agent/limits/token_bucket.h"

#include "agent/limits/rate_limit.h"
#include "gtest/gtest.h"

namespace sluice::agent {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

TEST(TokenBucketTest, WithoutARateThereIsNoLimit) {
  TokenBucket bucket(0, 5);
  bucket.Take(1'000'000'000, 5);
  EXPECT_LE(bucket.AllowedAt(5), 5);
  EXPECT_EQ(bucket.Available(5), ReadAllowance::kAny);
}

TEST(TokenBucketTest, ADebtIsWaitedFor) {
  TokenBucket bucket(100, 0);
  EXPECT_LE(bucket.AllowedAt(0), 0);
  bucket.Take(400, 0);  // 300 too many
  EXPECT_NEAR(static_cast<double>(bucket.AllowedAt(0)), 3.05e9, 1e6);
  EXPECT_GT(bucket.AllowedAt(3 * kSecond), 3 * kSecond);
  EXPECT_LE(bucket.AllowedAt(3'060'000'000), 3'060'000'000);
}

TEST(TokenBucketTest, GivesOutWhatIsThereAndThenPortions) {
  TokenBucket bucket(1000, 0);
  EXPECT_EQ(bucket.Available(0), 1000);
  bucket.Take(990, 0);
  EXPECT_NEAR(static_cast<double>(bucket.AllowedAt(0)), 0.04e9, 1e6) << "10 are left, 40 more make a portion";
  EXPECT_EQ(bucket.Available(bucket.AllowedAt(0)), 50);
  TokenBucket slow(1, 0);
  slow.Take(1, 0);
  EXPECT_NEAR(static_cast<double>(slow.AllowedAt(0)), 1e9, 1e6);
  EXPECT_EQ(slow.Available(2 * kSecond), 1);
}

TEST(TokenBucketTest, SavesUpOneSecondAtMost) {
  TokenBucket bucket(100, 0);
  bucket.Take(100, 3600 * kSecond);
  EXPECT_GT(bucket.AllowedAt(3600 * kSecond), 3600 * kSecond);
}

TEST(TokenBucketTest, OverTimeTheRateIsKept) {
  TokenBucket bucket(1000, 0);
  uint64_t taken = 0;
  for (int64_t now = 0; now < 60 * kSecond; now += 10'000'000) {
    if (bucket.AllowedAt(now) > now) continue;
    bucket.Take(77, now);
    taken += 77;
  }
  EXPECT_NEAR(static_cast<double>(taken), 61'000, 200);
}

}  // namespace
}  // namespace sluice::agent
