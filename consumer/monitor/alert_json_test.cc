#include "consumer/monitor/alert_json.h"

#include <limits>
#include <string>

#include "gtest/gtest.h"

namespace sluice::monitor {
namespace {

Alert SomeAlert() {
  return {.rule = "traffic",
          .group = {{"host", "web \"1\""}, {"path", "/"}},
          .state = Alert::State::kFiring,
          .severity = v1::SEVERITY_WARN,
          .value = 12.1,
          .threshold = 10,
          .starts_at = absl::FromUnixMillis(1'795'166'139'250),
          .message = "High traffic",
          .labels = {{"team", "web"}}};
}

TEST(AlertJsonTest, SaysAllOfAnAlert) {
  Alert alert = SomeAlert();
  EXPECT_EQ(AlertJson(alert),
            R"({"rule":"traffic","state":"firing","severity":"warn","group":{"host":"web \"1\"","path":"/"},)"
            R"("value":12.1,"threshold":10,"starts_at":"2026-11-20T09:15:39.25Z","ends_at":null,)"
            R"("message":"High traffic","labels":{"team":"web"}})");
  alert.state = Alert::State::kResolved;
  alert.ends_at = absl::FromUnixSeconds(1'795'166'200);
  alert.value = std::numeric_limits<double>::infinity();
  EXPECT_EQ(AlertJson(alert),
            R"({"rule":"traffic","state":"resolved","severity":"warn","group":{"host":"web \"1\"","path":"/"},)"
            R"("value":null,"threshold":10,"starts_at":"2026-11-20T09:15:39.25Z","ends_at":"2026-11-20T09:16:40Z",)"
            R"("message":"High traffic","labels":{"team":"web"}})");
}

TEST(AlertJsonTest, IsReadAgain) {
  for (bool resolved : {false, true}) {
    Alert alert = SomeAlert();
    if (resolved) {
      alert.state = Alert::State::kResolved;
      alert.ends_at = alert.starts_at + absl::Minutes(3);
    }
    absl::StatusOr<Alert> again = ParseAlertJson(AlertJson(alert));
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_EQ(AlertJson(*again), AlertJson(alert));
  }
}

TEST(AlertJsonTest, IsNotReadFromOtherThings) {
  for (const char* json : {"", "{", "[]", "{}", R"({"rule":"x","state":"firing"})",
                           R"({"rule":"x","state":"other","starts_at":"2026-11-20T09:15:39Z"})"}) {
    EXPECT_FALSE(ParseAlertJson(json).ok()) << json;
  }
}

}  // namespace
}  // namespace sluice::monitor
