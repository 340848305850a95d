#include "consumer/monitor/rules/message.h"

#include <string>

#include "gtest/gtest.h"

namespace sluice::monitor {
namespace {

TEST(MessageTest, PutsInWhatTheNamesStandFor) {
  Alert alert{.rule = "errors",
              .group = {{"host", "web-1"}, {"topic", "shop"}},
              .value = 12.5,
              .threshold = 10,
              .starts_at = absl::FromUnixMillis(1'700'000'000'250)};
  EXPECT_EQ(FormatMessage("{rule}: {value} > {threshold} in {window} of {group} ({topic}) at {time} {{x}",
                          {alert, absl::Minutes(2)}),
            "errors: 12.5 > 10 in 2m of host=web-1 topic=shop (shop) at 2023-11-14T22:13:20.25Z {x}");
  alert.state = Alert::State::kResolved;
  alert.ends_at = alert.starts_at + absl::Seconds(90);
  EXPECT_EQ(FormatMessage("{since} {time} {duration}", {alert, absl::Minutes(2)}),
            "2023-11-14T22:13:20.25Z 2023-11-14T22:14:50.25Z 1m30s");
}

TEST(MessageTest, SaysWhatIsWrong) {
  EXPECT_TRUE(CheckMessage("{value} {topic} {{", {"topic"}).ok());
  EXPECT_EQ(CheckMessage("{valeu}", {"topic"}).message(),
            "found {valeu}; expected {value}, {threshold}, {rule}, {group}, {window}, {time}, {since}, {duration}, "
            "{topic}");
  EXPECT_EQ(CheckMessage("a {value", {}).message(),
            "found \"a {value\"; it has a '{' that no '}' follows; write {{ for a brace");
}

TEST(MessageTest, WritesValuesWithoutZerosBehind) {
  EXPECT_EQ(FormatValue(10), "10");
  EXPECT_EQ(FormatValue(10.0083333), "10.008");
  EXPECT_EQ(FormatValue(-0.0001), "0");
  EXPECT_EQ(FormatValue(0.5), "0.5");
  EXPECT_EQ(FormatValue(1e12), "1000000000000");
}

}  // namespace
}  // namespace sluice::monitor
