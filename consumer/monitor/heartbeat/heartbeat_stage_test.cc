#include "consumer/monitor/heartbeat/heartbeat_stage.h"

#include <string>
#include <string_view>
#include <vector>

#include "base/strings.h"
#include "consumer/monitor/testing_stage.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::monitor {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

absl::Time At(double seconds) { return absl::FromUnixSeconds(1'700'000'000) + absl::Seconds(seconds); }

class HeartbeatTest : public ::testing::Test {
 protected:
  void Beat(double seconds, std::string_view body) {
    v1::LogBatch batch;
    batch.set_topic(std::string(kHeartbeatsTopic));
    v1::LogRecord* const record = batch.add_records();
    record->set_time_unix_nano(static_cast<uint64_t>(absl::ToUnixNanos(At(seconds))));
    record->set_body(std::string(body));
    ObserveBatch(batch, &stage_, &found_);
  }
  // Once a second, from one moment to another.
  void Tick(int from, int to) {
    for (int second = from; second <= to; ++second) stage_.Tick(At(second), &found_);
  }
  void Restart() {
    stage_.Save(&state_);
    stage_ = HeartbeatStage(HeartbeatOptions());
    ASSERT_TRUE(stage_.Load(state_).ok());
  }
  std::vector<std::string> TakeMessages() {
    std::vector<std::string> messages;
    for (const Alert& alert : found_.alerts) messages.push_back(alert.message);
    found_.alerts.clear();
    return messages;
  }

  HeartbeatStage stage_{HeartbeatOptions()};
  FoundThings found_;
  MemoryState state_;
};

constexpr std::string_view kBilling =
    R"({"service":"billing","environment":"prod","instance":"b1","interval_seconds":10})";

TEST_F(HeartbeatTest, TellsOfSilenceOnceAndOfTheReturn) {
  Tick(0, 0);
  Beat(0, kBilling);
  Tick(1, 30);
  EXPECT_THAT(TakeMessages(), IsEmpty());
  Tick(31, 100);
  EXPECT_THAT(
      TakeMessages(),
      ElementsAre("missing heartbeat: environment=prod instance=b1 service=billing, since 2023-11-14T22:13:20Z"));
  EXPECT_EQ(stage_.missing(), 1);
  Beat(101, kBilling);
  EXPECT_THAT(TakeMessages(),
              ElementsAre("heartbeat is back: environment=prod instance=b1 service=billing, at 2023-11-14T22:15:01Z"));
  Tick(101, 120);
  EXPECT_THAT(TakeMessages(), IsEmpty());
}

TEST_F(HeartbeatTest, TakesTheIntervalAsTheCollectorWritesItForHttp) {
  Tick(0, 0);
  Beat(0, R"({"service":"a","interval":2})");
  Tick(1, 6);
  EXPECT_THAT(TakeMessages(), IsEmpty());
  Tick(7, 7);
  EXPECT_EQ(TakeMessages().size(), 1);
}

TEST_F(HeartbeatTest, TellsInstancesApart) {
  Tick(0, 0);
  Beat(0, R"({"service":"a","instance":"1","interval_seconds":1})");
  Beat(0, R"({"service":"a","instance":"2","interval_seconds":100})");
  Tick(1, 10);
  ASSERT_EQ(found_.alerts.size(), 1);
  EXPECT_EQ(found_.alerts[0].group, (Alert::Group{{"instance", "1"}, {"service", "a"}}));
  EXPECT_EQ(found_.alerts[0].starts_at, At(0));
}

TEST_F(HeartbeatTest, DoesNotCryWolfWhenItWasAwayItself) {
  Tick(0, 0);
  Beat(0, kBilling);
  Tick(1, 5);
  Restart();
  Tick(1000, 1030);  // everybody has the whole time again
  EXPECT_THAT(TakeMessages(), IsEmpty());
  Beat(1030, kBilling);
  Tick(1031, 1060);
  EXPECT_THAT(TakeMessages(), IsEmpty());
  // Behind the log for a while: no ticks.
  Tick(2000, 2030);
  EXPECT_THAT(TakeMessages(), IsEmpty());
  Tick(2031, 2031);
  EXPECT_EQ(TakeMessages().size(), 1);
}

TEST_F(HeartbeatTest, TellsNothingTwiceAfterARestart) {
  Tick(0, 0);
  Beat(0, kBilling);
  Tick(1, 40);
  EXPECT_EQ(TakeMessages().size(), 1);
  Restart();
  EXPECT_EQ(stage_.missing(), 1);
  Tick(41, 200);
  EXPECT_THAT(TakeMessages(), IsEmpty());
  Beat(201, kBilling);
  EXPECT_EQ(TakeMessages().size(), 1);
}

TEST_F(HeartbeatTest, ForgetsWhatIsRetired) {
  Tick(0, 0);
  Beat(0, kBilling);
  Tick(1, 40);
  EXPECT_EQ(TakeMessages().size(), 1);
  Beat(41, R"({"service":"billing","retired":true})");
  EXPECT_EQ(TakeMessages().size(), 1);  // the alert ends
  EXPECT_EQ(stage_.beaters(), 0);
  Beat(42, kBilling);  // it beats again: learnt again
  EXPECT_EQ(stage_.beaters(), 1);
  stage_.Configure({.retired = {"billing"}});
  Tick(43, 100);
  EXPECT_EQ(stage_.beaters(), 0);
  EXPECT_THAT(TakeMessages(), IsEmpty());
  stage_.Save(&state_);
  EXPECT_THAT(state_.values, IsEmpty());
}

TEST_F(HeartbeatTest, WatchesAgents) {
  const auto see = [this](double last_seen) {
    stage_.SeeAgents({{.id = "web-1", .host = "web", .last_seen = At(last_seen)}}, &found_);
  };
  Tick(0, 0);
  see(0);
  Tick(1, 90);
  EXPECT_THAT(TakeMessages(), IsEmpty());
  see(0);
  Tick(91, 91);
  EXPECT_THAT(TakeMessages(), ElementsAre("missing heartbeat: agent=web-1 host=web, since 2023-11-14T22:13:20Z"));
  see(92);
  EXPECT_THAT(TakeMessages(), ElementsAre("heartbeat is back: agent=web-1 host=web, at 2023-11-14T22:14:52Z"));
}

TEST_F(HeartbeatTest, CountsWhatIsNoHeartbeat) {
  const std::string_view kBad[] = {"",
                                   "not json",
                                   "[1]",
                                   R"({"environment":"prod"})",
                                   R"({"service":""})",
                                   R"({"service":5})",
                                   R"({"service":"a","interval_seconds":-1})",
                                   R"({"service":"a","interval":0})",
                                   R"({"service":"a")"};
  for (const std::string_view body : kBad) Beat(0, body);
  EXPECT_EQ(stage_.malformed(), std::size(kBad));
  EXPECT_EQ(stage_.beaters(), 0);
}

}  // namespace
}  // namespace sluice::monitor
