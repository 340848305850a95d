#include "consumer/cli/human.h"

#include "gtest/gtest.h"

namespace sluice::cli {
namespace {

TEST(HumanTest, GroupsDigits) {
  EXPECT_EQ(HumanCount(0), "0");
  EXPECT_EQ(HumanCount(999), "999");
  EXPECT_EQ(HumanCount(1000), "1,000");
  EXPECT_EQ(HumanCount(1234567), "1,234,567");
  EXPECT_EQ(HumanCount(UINT64_MAX), "18,446,744,073,709,551,615");
}

TEST(HumanTest, BytesHaveTwoDigitsAtLeastAndFourAtMost) {
  EXPECT_EQ(HumanBytes(0), "0 B");
  EXPECT_EQ(HumanBytes(1023), "1023 B");
  EXPECT_EQ(HumanBytes(1024), "1.0 KiB");
  EXPECT_EQ(HumanBytes(10 * 1024 - 1), "10 KiB");
  EXPECT_EQ(HumanBytes(1024 * 1024 - 1), "1.0 MiB");
  EXPECT_EQ(HumanBytes(uint64_t{34} << 30), "34 GiB");
  EXPECT_EQ(HumanBytes(UINT64_MAX), "16 EiB");
}

TEST(HumanTest, AgesAreInOneUnit) {
  EXPECT_EQ(HumanAge(absl::Milliseconds(300)), "now");
  EXPECT_EQ(HumanAge(absl::Seconds(3)), "3s ago");
  EXPECT_EQ(HumanAge(absl::Seconds(90)), "1m ago");
  EXPECT_EQ(HumanAge(absl::Minutes(119)), "1h ago");
  EXPECT_EQ(HumanAge(absl::Hours(47)), "47h ago");
  EXPECT_EQ(HumanAge(absl::Hours(24 * 400)), "400d ago");
  EXPECT_EQ(HumanAge(-absl::Seconds(5)), "in 5s");
}

}  // namespace
}  // namespace sluice::cli
