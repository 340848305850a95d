#include "consumer/cli/subscription_check.h"

#include <string>

#include "base/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::cli {
namespace {

using ::testing::HasSubstr;

std::string Problem(const client::SubscribeOptions& options) {
  const absl::Status status = CheckSubscription(options);
  EXPECT_TRUE(status.ok() || absl::IsInvalidArgument(status)) << status;
  return std::string(MessageOf(status));
}

TEST(SubscriptionCheckTest, TakesWhatACollectorTakes) {
  EXPECT_EQ(Problem({}), "");
  EXPECT_EQ(Problem({.topics = {"a", "shop.*", "[a-z]{x,y}?"}, .regex = "(?i)a|b", .group = "billing-1"}), "");
  const absl::Time now = absl::FromUnixSeconds(1'795'176'000);
  EXPECT_EQ(Problem({.start = client::Start::At(now), .end_time = now + absl::Nanoseconds(1)}), "");
  EXPECT_EQ(Problem({.start = client::Start::Beginning(), .end_time = now}), "");
  EXPECT_EQ(Problem({.start = client::Start::After("any"), .end_time = now}), "");
  EXPECT_EQ(Problem({.end_time = now}), "") << "from the beginning on";
  EXPECT_EQ(Problem({.end_time = now, .follow = true, .group = "g"}), "") << "it goes on where the group was";
}

TEST(SubscriptionCheckTest, SaysWhichArgumentIsWrongAndWhy) {
  EXPECT_EQ(Problem({.regex = "("}), "--regex: found \"(\"; it is no RE2 expression: missing ): (");
  EXPECT_THAT(Problem({.regex = std::string(5000, 'a')}), HasSubstr("--regex: found"));
  EXPECT_THAT(Problem({.topics = {"a", "b["}}), HasSubstr("TOPIC_GLOB: found \"b[\": unclosed '['"));
  EXPECT_THAT(Problem({.topics = {""}}), HasSubstr("TOPIC_GLOB: found \"\""));
  EXPECT_THAT(Problem({.group = "a b"}), HasSubstr("--group: found \"a b\"; allowed are"));
  const absl::Time now = absl::FromUnixSeconds(1'795'176'000);
  EXPECT_THAT(Problem({.start = client::Start::At(now), .end_time = now}), HasSubstr("--to is not after --from"));
  EXPECT_THAT(Problem({.end_time = absl::UnixEpoch(), .follow = true}), HasSubstr("--to is in the past"));
  EXPECT_THAT(Problem({.start = client::Start::End(), .end_time = absl::UnixEpoch()}),
              HasSubstr("--to is in the past"));
  EXPECT_EQ(Problem({.contains = "caf\xe9"}), "--contains: found \"caf\\xe9\", which is not UTF-8");
  EXPECT_EQ(Problem({.contains = std::string(65537, 'a')}), "--contains: found 65537 bytes; 65536 are allowed");
  EXPECT_THAT(Problem({.regex = "caf\xe9"}), HasSubstr("--regex: found \"caf\\xe9\""));
  EXPECT_THAT(Problem({.topics = {"caf\xe9"}}), HasSubstr("TOPIC_GLOB: found \"caf\\xe9\""));
}

}  // namespace
}  // namespace sluice::cli
