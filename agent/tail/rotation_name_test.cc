#include "agent/tail/rotation_name.h"

#include <iterator>

#include "gtest/gtest.h"

namespace sluice::agent {
namespace {

TEST(RotationNameTest, TellsStemAndAge) {
  EXPECT_EQ(ParseRotationName("app.log").stem, "app.log");
  EXPECT_EQ(ParseRotationName("app.log").age, 0);
  EXPECT_EQ(ParseRotationName("app.log.1").stem, "app.log");
  EXPECT_EQ(ParseRotationName("app.log.12.gz").stem, "app.log");
  EXPECT_EQ(ParseRotationName("app.log.12.gz").age, ParseRotationName("app.log.12").age);
  EXPECT_EQ(ParseRotationName("app.log-20261120").stem, "app.log");
  EXPECT_EQ(ParseRotationName("app.log.2026-11-20T09:15").stem, "app.log");
  EXPECT_EQ(ParseRotationName("app.log.").stem, "app.log.");
  EXPECT_EQ(ParseRotationName("12345").stem, "12345");
  EXPECT_EQ(ParseRotationName("").stem, "");
}

// logrotate's `start 0`; only the file that is written now is younger.
TEST(RotationNameTest, NumbersMayBeginWithZero) {
  EXPECT_GT(ParseRotationName("app.log.0").age, ParseRotationName("app.log").age);
  EXPECT_GT(ParseRotationName("app.log.1").age, ParseRotationName("app.log.0").age);
  EXPECT_GT(ParseRotationName("app.log.10").age, ParseRotationName("app.log.9").age);
  EXPECT_GT(ParseRotationName("app.log-20261120").age, ParseRotationName("app.log.99999").age);
  EXPECT_EQ(ParseRotationName("app.log.0.gz").age, ParseRotationName("app.0.log").age);
  EXPECT_EQ(ParseRotationName("app.0.log").stem, "app.log");
  EXPECT_TRUE(ParseRotationName("app.0.log").is_doubtful);
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
    EXPECT_EQ(ParseRotationName(name).age, ParseRotationName("app.log.1").age) << name;
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
