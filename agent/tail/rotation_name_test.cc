#include "agent/tail/rotation_name.h"

#include "gtest/gtest.h"

namespace sluice::agent {
namespace {

TEST(RotationNameTest, TellsStemAndAge) {
  EXPECT_EQ(ParseRotationName("app.log").stem, "app.log");
  EXPECT_EQ(ParseRotationName("app.log").age, 0);
  EXPECT_EQ(ParseRotationName("app.log.1").stem, "app.log");
  EXPECT_EQ(ParseRotationName("app.log.12.gz").age, 12);
  EXPECT_EQ(ParseRotationName("app.log-20261120").stem, "app.log");
  EXPECT_EQ(ParseRotationName("app.log.2026-11-20T09:15").stem, "app.log");
  EXPECT_EQ(ParseRotationName("app.log.").stem, "app.log.");
  EXPECT_EQ(ParseRotationName("12345").stem, "12345");
  EXPECT_EQ(ParseRotationName("").stem, "");
}

TEST(RotationNameTest, AnEarlierDateIsOlder) {
  EXPECT_GT(ParseRotationName("app.log-20261119").age, ParseRotationName("app.log-20261120").age);
  EXPECT_GT(ParseRotationName("app.log-20261119").age, ParseRotationName("app.log.3").age);
}

}  // namespace
}  // namespace sluice::agent
