#include "agent/limits/read_limiter.h"

#include "gtest/gtest.h"

namespace sluice::agent {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

TEST(ReadLimiterTest, NothingConfiguredNothingHeldBack) {
  ReadLimiter limiter;
  limiter.Took("a", 1 << 30, 1 << 20, 0);
  EXPECT_EQ(limiter.AllowedAt("a", 7), 7);
}

TEST(ReadLimiterTest, ASourceIsHeldBackAloneAndTheTotalHoldsAll) {
  ReadLimiter limiter;
  limiter.Configure({.bytes_per_second = 10'000}, {{"a", {.lines_per_second = 10}}, {"b", {}}}, 0);
  limiter.Took("a", 100, 50, 0);
  EXPECT_GT(limiter.AllowedAt("a", kSecond), kSecond);
  EXPECT_EQ(limiter.AllowedAt("b", kSecond), kSecond);
  limiter.Took("b", 50'000, 1, kSecond);
  EXPECT_GT(limiter.AllowedAt("b", 2 * kSecond), 2 * kSecond);
  EXPECT_GT(limiter.AllowedAt("c", 2 * kSecond), 2 * kSecond);
  EXPECT_EQ(limiter.AllowedAt("b", 10 * kSecond), 10 * kSecond);
}

TEST(ReadLimiterTest, WhatMayBeReadIsTheLeastOfAllLimits) {
  ReadLimiter limiter;
  EXPECT_FALSE(limiter.AllowanceOf("a", 0).limited());
  limiter.Configure({.bytes_per_second = 10'000, .lines_per_second = 20}, {{"a", {.lines_per_second = 10}}}, 0);
  EXPECT_EQ(limiter.AllowanceOf("a", 0).bytes, 10'000);
  EXPECT_EQ(limiter.AllowanceOf("a", 0).lines, 10);
  EXPECT_EQ(limiter.AllowanceOf("b", 0).lines, 20);
  limiter.Took("a", 4'000, 4, 0);
  EXPECT_EQ(limiter.AllowanceOf("a", 0).lines, 6);
  EXPECT_EQ(limiter.AllowanceOf("b", 0).bytes, 6'000);
  EXPECT_EQ(limiter.AllowanceOf("b", 0).lines, 16);
}

TEST(ReadLimiterTest, AReloadGivesNothingAway) {
  ReadLimiter limiter;
  limiter.Configure({}, {{"a", {.bytes_per_second = 100}}}, 0);
  limiter.Took("a", 1000, 1, 0);
  limiter.Configure({}, {{"a", {.bytes_per_second = 100}}}, kSecond);
  EXPECT_GT(limiter.AllowedAt("a", kSecond), kSecond);
  limiter.Configure({}, {{"a", {.bytes_per_second = 200}}}, kSecond);
  EXPECT_EQ(limiter.AllowedAt("a", kSecond), kSecond) << "another rate begins anew";
  limiter.Took("a", 1000, 1, kSecond);
  limiter.Configure({}, {}, kSecond);
  EXPECT_EQ(limiter.AllowedAt("a", kSecond), kSecond);
}

}  // namespace
}  // namespace sluice::agent
