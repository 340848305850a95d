#include "consumer/monitor/notify/silences.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::monitor {
namespace {

using testing::HasSubstr;

Silences Read(const std::string& yaml, absl::Status* status) {
  absl::StatusOr<ConfigFile> file = ConfigFile::Parse(yaml, "monitor.yaml");
  EXPECT_TRUE(file.ok()) << file.status();
  Silences silences = Silences::Read(file->root());
  *status = file->Finish();
  return silences;
}

Alert On(const std::string& host) {
  return {.rule = "traffic",
          .group = {{"host", host}},
          .severity = v1::SEVERITY_WARN,
          .starts_at = {},
          .message = "",
          .labels = {{"team", "web"}}};
}

absl::Time At(const std::string& text) {
  absl::Time time;
  EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full, text, &time, nullptr)) << text;
  return time;
}

TEST(SilencesTest, HoldFromThenToThenForWhatTheyMatch) {
  absl::Status status;
  const Silences silences = Read(
      "silences:\n  - {match: {rule: traffic, host: 'web-*', team: web, severity: warn}, from: 2026-11-20T22:00:00Z, "
      "to: 2026-11-21T06:00:00+01:00, comment: move}\n",
      &status);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_FALSE(silences.Holds(On("web-1"), At("2026-11-20T21:59:59Z")));
  EXPECT_TRUE(silences.Holds(On("web-1"), At("2026-11-20T22:00:00Z")));
  EXPECT_TRUE(silences.Holds(On("web-1"), At("2026-11-21T04:59:59Z")));
  EXPECT_FALSE(silences.Holds(On("web-1"), At("2026-11-21T05:00:00Z")));
  EXPECT_FALSE(silences.Holds(On("db-1"), At("2026-11-20T23:00:00Z")));
  EXPECT_FALSE(Silences().Holds(On("web-1"), At("2026-11-20T23:00:00Z")));
}

TEST(SilencesTest, WindowsComeBackEachWeekInTheirZone) {
  absl::Status status;
  const Silences silences =
      Read("maintenance: [{days: [sat], from: '22:00', to: '06:00', zone: Europe/Berlin}]", &status);
  ASSERT_TRUE(status.ok()) << status;
  // 2026-11-21 is a Saturday; Berlin is an hour ahead of UTC in winter, two in summer.
  EXPECT_FALSE(silences.Holds(On("x"), At("2026-11-21T20:59:00Z")));
  EXPECT_TRUE(silences.Holds(On("x"), At("2026-11-21T21:00:00Z")));
  EXPECT_TRUE(silences.Holds(On("x"), At("2026-11-22T04:59:00Z")));
  EXPECT_FALSE(silences.Holds(On("x"), At("2026-11-22T05:00:00Z")));
  EXPECT_FALSE(silences.Holds(On("x"), At("2026-11-21T03:00:00Z"))) << "the night of Friday";
  EXPECT_FALSE(silences.Holds(On("x"), At("2026-11-22T22:00:00Z"))) << "the evening of Sunday";
  EXPECT_TRUE(silences.Holds(On("x"), At("2026-07-11T20:00:00Z")));
  EXPECT_FALSE(silences.Holds(On("x"), At("2026-07-11T19:59:00Z")));
}

TEST(SilencesTest, WindowsMayBeWholeDays) {
  absl::Status status;
  const Silences silences =
      Read("maintenance: [{match: {host: web-1}, days: [sun]}, {days: [mon], from: '09:00', to: '10:00'}]", &status);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_TRUE(silences.Holds(On("web-1"), At("2026-11-22T00:00:00Z")));
  EXPECT_TRUE(silences.Holds(On("web-1"), At("2026-11-22T23:59:59Z")));
  EXPECT_FALSE(silences.Holds(On("web-1"), At("2026-11-23T00:00:00Z")));
  EXPECT_FALSE(silences.Holds(On("web-2"), At("2026-11-22T12:00:00Z")));
  EXPECT_TRUE(silences.Holds(On("web-2"), At("2026-11-23T09:30:00Z")));
}

TEST(SilencesTest, SayWhatIsWrong) {
  struct Case {
    const char* yaml;
    const char* problem;
  };
  for (const Case& c : {
           Case{"silences: [{from: yesterday}]", "monitor.yaml:1: silences[0].from: found \"yesterday\""},
           Case{"silences: [{from: 2026-11-20T22:00:00Z, to: 2026-11-20T22:00:00Z}]",
                "silences[0].to: it is not later"},
           Case{"silences: [{match: {host: '['}}]", "silences[0].match: host: found \"[\""},
           Case{"silences: [{until: x}]", "silences[0].until"},
           Case{"maintenance: [{days: [saturday]}]", "maintenance[0].days: found \"saturday\"; allowed are mon"},
           Case{"maintenance: [{from: '25:00'}]", "maintenance[0].from: found \"25:00\""},
           Case{"maintenance: [{from: '9:00'}]", "maintenance[0].from"},
           Case{"maintenance: [{zone: Europe/Nowhere}]", "maintenance[0].zone: found \"Europe/Nowhere\""},
       }) {
    absl::Status status;
    Read(c.yaml, &status);
    EXPECT_THAT(std::string(status.message()), HasSubstr(c.problem)) << c.yaml;
  }
}

}  // namespace
}  // namespace sluice::monitor
