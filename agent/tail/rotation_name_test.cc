#include "agent/tail/rotation_name.h"

#include <iterator>

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

// What follows the date may have any number of digits.
TEST(RotationNameTest, ADateCountsBeforeWhatFollowsIt) {
  const char* const oldest_first[] = {
      "app.log.2026-11-20.2",  "app.log.2026-11-20.10",       "app.log.2026-11-21.1",
      "app.log.2026-11-21.02", "app.log-20261122-1795305600", "app.log.2026-11-23T09:15",
  };
  for (size_t i = 1; i < std::size(oldest_first); ++i) {
    EXPECT_GT(ParseRotationName(oldest_first[i - 1]).age, ParseRotationName(oldest_first[i]).age) << oldest_first[i];
  }
}

TEST(RotationNameTest, TheAgeMayStandInFrontOfTheExtension) {
  for (const char* name : {"app.1.log", "app-1.log", "app_1.log", "app.1.log.gz"}) {
    EXPECT_EQ(ParseRotationName(name).stem, "app.log") << name;
    EXPECT_EQ(ParseRotationName(name).age, 1) << name;
    EXPECT_TRUE(ParseRotationName(name).is_doubtful) << name;
  }
  EXPECT_EQ(ParseRotationName("app-20261120.log").stem, "app.log");
  EXPECT_EQ(ParseRotationName("app-20261120.log").age, ParseRotationName("app.log-20261120").age);
  EXPECT_EQ(ParseRotationName("app.2026-11-20.3.log").stem, "app.log");
  EXPECT_FALSE(ParseRotationName("app-20261120.log").is_doubtful);
  EXPECT_FALSE(ParseRotationName("app.log.1").is_doubtful);
  EXPECT_TRUE(SameStem("/a/app.1.log", "/a/app.log"));
}

TEST(RotationNameTest, OtherNumbersInNamesAreNoAge) {
  for (const char* name : {"app1.log", "1.log", "app-v1.2.log", "192.168.1.10.log", "app.1.l0g"}) {
    EXPECT_EQ(ParseRotationName(name).stem, name);
    EXPECT_EQ(ParseRotationName(name).age, 0) << name;
  }
}

}  // namespace
}  // namespace sluice::agent
