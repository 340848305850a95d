#include "consumer/cli/alerts_view.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::cli {
namespace {

using monitor::Alert;
using testing::HasSubstr;
using testing::IsEmpty;

const absl::Time kStart = absl::FromUnixSeconds(1'795'166'139);  // 2026-11-20T09:15:39Z

Alert On(const std::string& rule, v1::Severity severity, absl::Time start = kStart) {
  return {.rule = rule,
          .group = {{"host", "web-1"}},
          .severity = severity,
          .value = 12.5,
          .threshold = 10,
          .starts_at = start,
          .message = "High traffic\x1b[31m"};
}

Alert Ended(Alert alert) {
  alert.state = Alert::State::kResolved;
  alert.ends_at = alert.starts_at + absl::Minutes(3);
  return alert;
}

TEST(AlertsViewTest, KnowsWhatFires) {
  FiringAlerts firing;
  firing.Take(On("traffic", v1::SEVERITY_WARN));
  firing.Take(On("errors", v1::SEVERITY_ERROR));
  firing.Take(On("later", v1::SEVERITY_WARN, kStart + absl::Minutes(1)));
  firing.Take(Ended(On("gone", v1::SEVERITY_WARN)));
  EXPECT_EQ(FiringTable(firing.All(), kStart + absl::Minutes(5), {}),
            "SEVERITY  RULE     GROUP        SINCE  VALUE  THRESHOLD  MESSAGE\n"
            "error     errors   host=web-1  5m ago   12.5         10  High traffic\\x1b[31m\n"
            "warn      later    host=web-1  4m ago   12.5         10  High traffic\\x1b[31m\n"
            "warn      traffic  host=web-1  5m ago   12.5         10  High traffic\\x1b[31m\n");
  for (const Alert& alert : firing.All()) firing.Take(Ended(alert));
  EXPECT_THAT(firing.All(), IsEmpty());
}

TEST(AlertsViewTest, TellsOfEachInALine) {
  const AlertsLook plain = {.color = false, .zone = absl::UTCTimeZone()};
  EXPECT_EQ(AlertLine(On("traffic", v1::SEVERITY_WARN), plain),
            "2026-11-20 09:15:39  firing    traffic {host=web-1}  High traffic\\x1b[31m\n");
  EXPECT_EQ(AlertLine(Ended(On("traffic", v1::SEVERITY_WARN)), plain),
            "2026-11-20 09:18:39  resolved  traffic {host=web-1}  High traffic\\x1b[31m  (3m)\n");
  EXPECT_THAT(AlertLine(On("traffic", v1::SEVERITY_WARN), {.color = true, .zone = absl::UTCTimeZone()}),
              HasSubstr("\x1b[33mfiring  \x1b[0m"));
}

}  // namespace
}  // namespace sluice::cli
