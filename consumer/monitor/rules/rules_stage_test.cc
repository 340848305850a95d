#include "consumer/monitor/rules/rules_stage.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/config.h"
#include "base/strings.h"
#include "consumer/monitor/rules/rule_config.h"
#include "consumer/monitor/testing_stage.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::monitor {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr absl::Duration kLateness = absl::Seconds(5);

absl::Time At(double seconds) { return absl::FromUnixSeconds(1'700'000'000) + absl::Seconds(seconds); }

std::vector<Rule> RulesOf(std::string_view yaml) {
  const ConfigFile file = ConfigFile::Parse(StrCat("high_traffic: {enabled: false}\n", yaml), "monitor.yaml").value();
  std::vector<Rule> rules = ReadRules(file.root(), {});
  EXPECT_TRUE(file.Finish().ok()) << file.Finish();
  return rules;
}

std::string Told(const Alert& alert) {
  const bool resolved = alert.state == Alert::State::kResolved;
  const absl::Time time = resolved ? alert.ends_at : alert.starts_at;
  std::string group;
  for (const auto& [name, value] : alert.group) StrAppend(&group, " ", value);
  return StrCat(resolved ? "resolved" : "firing", group, " at ", absl::ToDoubleSeconds(time - At(0)));
}

// A monitor with these rules, in simulated time.
class RulesTest : public ::testing::Test {
 protected:
  void Start(std::string_view rules) {
    rules_ = rules;
    stage_.emplace(RulesOf(rules), kLateness);
  }
  // Kept, and read by another one.
  void Restart() {
    stage_->Save(&state_);
    stage_.emplace(RulesOf(rules_), kLateness);
    ASSERT_TRUE(stage_->Load(state_).ok());
  }
  // `count` records at one time.
  void Log(double seconds, int count = 1, std::map<std::string, std::string> attributes = {},
           std::string_view topic = "web") {
    v1::LogBatch batch;
    batch.set_topic(std::string(topic));
    batch.set_host("web-1");
    for (int i = 0; i < count; ++i) {
      v1::LogRecord* const record = batch.add_records();
      record->set_time_unix_nano(static_cast<uint64_t>(absl::ToUnixNanos(At(seconds))));
      record->set_body("GET /");
      for (const auto& [name, value] : attributes) (*record->mutable_attributes())[name] = value;
    }
    ObserveBatch(batch, &*stage_, &found_);
    newest_ = std::max(newest_, At(seconds));
    stage_->Advance(newest_ - kLateness, &found_);
  }
  // The wall clock, while caught up.
  void Clock(double seconds) { stage_->Advance(At(seconds) - kLateness, &found_); }
  std::vector<std::string> TakeAlerts() {
    std::vector<std::string> told;
    for (const Alert& alert : found_.alerts) told.push_back(Told(alert));
    found_.alerts.clear();
    return told;
  }
  const RuleCounts& counts() const { return stage_->rules()[0]->counts(); }

  std::string rules_;
  std::optional<RulesStage> stage_;
  FoundThings found_;
  MemoryState state_;
  absl::Time newest_ = absl::InfinitePast();
};

TEST_F(RulesTest, CountsRecordsOfTheWindow) {
  Start("rules: [{name: r, condition: count, above: 10, window: 2m}]");
  Log(0, 5);
  Log(60, 5);
  EXPECT_THAT(TakeAlerts(), IsEmpty());  // below, and at it
  Log(119, 1);
  EXPECT_THAT(TakeAlerts(), ElementsAre("firing at 119"));
  Log(121, 1);  // the first five are out, and the alert ends when nothing older than that is awaited
  EXPECT_THAT(TakeAlerts(), IsEmpty());
  Log(126, 1);
  EXPECT_THAT(TakeAlerts(), ElementsAre("resolved at 121"));
}

TEST_F(RulesTest, GivesTheBuiltInMessages) {
  const ConfigFile file = ConfigFile::Parse("high_traffic: {topics: [web]}", "monitor.yaml").value();
  stage_.emplace(ReadRules(file.root(), {}), kLateness);
  for (int i = 0; i < 120; ++i) Log(i, 10);
  EXPECT_THAT(found_.alerts, IsEmpty());
  Log(119, 1);
  ASSERT_EQ(found_.alerts.size(), 1);
  EXPECT_EQ(found_.alerts[0].message,
            "High traffic generated an alert - hits = 10.008, triggered at 2023-11-14T22:15:19Z");
  // At the threshold it goes on.
  Log(120, 9);
  Clock(126);
  ASSERT_EQ(found_.alerts.size(), 1);
  Log(126, 0);
  Clock(127);
  ASSERT_EQ(found_.alerts.size(), 2);
  EXPECT_EQ(found_.alerts[1].message, "High traffic alert recovered - hits = 9.917, recovered at 2023-11-14T22:15:22Z");
}

struct ConditionCase {
  std::string_view name;
  std::string_view rule;
  // Attribute "v" of a record a second, from 0 on; "-": no record, "": no attribute.
  std::vector<std::string_view> values;
  std::vector<std::string> alerts;
};

class ConditionTest : public RulesTest, public ::testing::WithParamInterface<ConditionCase> {};

TEST_P(ConditionTest, FiresAndRecovers) {
  Start(StrCat("rules: [{name: r, window: 10s, ", GetParam().rule, "}]"));
  double second = 0;
  for (const std::string_view value : GetParam().values) {
    if (value != "-") {
      Log(second, 1,
          value.empty() ? std::map<std::string, std::string>()
                        : std::map<std::string, std::string>{{"v", std::string(value)}});
    }
    ++second;
  }
  Clock(second + 5);
  EXPECT_EQ(TakeAlerts(), GetParam().alerts);
}

INSTANTIATE_TEST_SUITE_P(
    All, ConditionTest,
    ::testing::Values(
        ConditionCase{"CountAbove",
                      "condition: count, above: 2",
                      {"", "", "", "-", "-", "-", "-", "-", "-", "-", "-"},
                      {"firing at 2", "resolved at 10.1"}},
        ConditionCase{"CountAtThreshold", "condition: count, above: 3", {"", "", ""}, {}},
        ConditionCase{"CountBelow",
                      "condition: count, below: 5",
                      {"", "", "", "", "", "", "", "", "", "", "", "-", "-", "-", "-", "-", "-"},
                      {"firing at 16.1"}},
        ConditionCase{"Rate",
                      "condition: rate, above: 0.3",
                      {"", "", "", "", "-", "-", "-", "-", "-", "-", "-", "-"},
                      {"firing at 3", "resolved at 10.1"}},
        ConditionCase{"Average",
                      "condition: average, field: attributes.v, above: 10",
                      {"10", "10", "40", "-", "-"},
                      {"firing at 2.1"}},
        ConditionCase{"AverageRecovers",
                      "condition: average, field: attributes.v, above: 10",
                      {"40", "0", "0", "0"},
                      {"firing at 0.1", "resolved at 3.1"}},
        ConditionCase{"AverageEndsWithoutRecords",
                      "condition: average, field: attributes.v, above: 10",
                      {"40", "-", "-", "-", "-", "-", "-", "-", "-", "-", "-", "-"},
                      {"firing at 0.1", "resolved at 10.1"}},
        ConditionCase{
            "AverageBelow", "condition: average, field: attributes.v, below: 5", {"5", "4"}, {"firing at 1.1"}},
        ConditionCase{"Ratio",
                      "condition: ratio, of: {attributes: {v: \"5*\"}}, above: 0.5, minimum: 4",
                      {"500", "500", "500", "200", "200", "200"},
                      {"firing at 3.1", "resolved at 5.1"}},
        ConditionCase{"Distinct",
                      "condition: distinct, field: attributes.v, above: 2",
                      {"a", "b", "a", "b", "c"},
                      {"firing at 4"}},
        ConditionCase{"DistinctRecovers",
                      "condition: distinct, field: attributes.v, above: 2",
                      {"a", "b", "c", "c", "c", "c", "c", "c", "c", "c", "c", "c"},
                      {"firing at 2", "resolved at 10.1"}},
        ConditionCase{"Percentile",
                      "condition: percentile, percentile: 50, field: attributes.v, above: 100",
                      {"1", "1", "1", "200", "200", "200", "200"},
                      // Steps of 333,333,333 ns since 1970.
                      {"firing at 6.3"}},
        ConditionCase{"Absence",
                      "condition: absence",
                      {"", "", "-", "-", "-", "-", "-", "-", "-", "-", "-", "-", ""},
                      {"firing at 11.1", "resolved at 12.1"}},
        ConditionCase{
            "AbsenceJustNot", "condition: absence", {"", "-", "-", "-", "-", "-", "-", "-", "-", "-", ""}, {}},
        ConditionCase{
            "HoldTime", "condition: count, above: 1, for: 3s", {"", "", "-", "-", "-", "-"}, {"firing at 4.1"}},
        ConditionCase{"HoldTimeNotReached",
                      "condition: average, field: attributes.v, above: 10, for: 3s",
                      {"20", "0", "20", "0", "0"},
                      {}},
        ConditionCase{"Hysteresis",
                      "condition: average, field: attributes.v, above: 10, recover: 5",
                      {"20", "0", "0", "0"},
                      {"firing at 0.1", "resolved at 3.1"}}),
    [](const ::testing::TestParamInfo<ConditionCase>& info) { return std::string(info.param.name); });

TEST_F(RulesTest, TellsGroupsApart) {
  Start("rules: [{name: r, condition: count, above: 1, window: 10s, group_by: [attributes.user, topic]}]");
  Log(0, 1, {{"user", "a"}});
  Log(1, 1, {{"user", "b"}});
  Log(2, 1, {{"user", "a"}}, "other");
  EXPECT_THAT(TakeAlerts(), IsEmpty());
  Log(3, 1, {{"user", "b"}});
  EXPECT_THAT(TakeAlerts(), ElementsAre("firing b web at 3"));
  Log(4, 1, {{"user", "b"}});  // no repeats while it lasts
  EXPECT_THAT(TakeAlerts(), IsEmpty());
  Clock(60);
  EXPECT_THAT(TakeAlerts(), ElementsAre("resolved b web at 13.1"));
  EXPECT_EQ(stage_->rules()[0]->groups(), 0);
}

TEST_F(RulesTest, CountsGroupsBeyondTheBound) {
  Start("rules: [{name: r, condition: count, above: 1, window: 10s, group_by: [attributes.user], groups_max: 2}]");
  for (int i = 0; i < 10; ++i) Log(0, 2, {{"user", StrCat(i)}});
  EXPECT_EQ(TakeAlerts().size(), 2);
  EXPECT_EQ(counts().groups_exceeded, 16);
}

TEST_F(RulesTest, CountsWhatComesTooLateAndLeavesItOut) {
  Start("rules: [{name: r, condition: count, above: 2, window: 10s}]");
  Log(100);
  Log(95);  // just in time
  EXPECT_EQ(counts().late, 0);
  Log(94.8);
  EXPECT_EQ(counts().late, 1);
  EXPECT_THAT(TakeAlerts(), IsEmpty());
  Log(96);
  EXPECT_THAT(TakeAlerts(), ElementsAre("firing at 96"));
}

TEST_F(RulesTest, LeavesOutWhatAClockThatIsAheadSays) {
  Start("rules: [{name: r, condition: count, above: 0, window: 10s}]");
  v1::LogBatch batch;
  batch.set_topic("web");
  batch.add_records()->set_time_unix_nano(static_cast<uint64_t>(absl::ToUnixNanos(At(3600))));
  ObserveBatch(batch, &*stage_, &found_, At(1));
  EXPECT_EQ(stage_->ahead(), 1);
  Log(1);
  EXPECT_THAT(TakeAlerts(), ElementsAre("firing at 1"));
}

TEST_F(RulesTest, SaysTheSameOfABatchAsOfItsRecordsOneByOne) {
  constexpr std::string_view kRules =
      "rules: [{name: r, condition: count, above: 20, window: 10s}, {name: s, condition: absence, window: 5s}, "
      "{name: t, condition: rate, below: 1, window: 10s}]";
  const auto times = [](const auto& add) {
    for (int i = 0; i < 4000; ++i) {
      const bool gap = i % 900 > 700;
      if (!gap) add(i * 0.37 - (i % 5) * 0.4);
    }
  };
  Start(kRules);
  times([this](double at) { Log(at); });
  Clock(2000);
  const std::vector<std::string> one_by_one = TakeAlerts();
  EXPECT_GT(one_by_one.size(), 10);

  stage_.emplace(RulesOf(kRules), kLateness);
  v1::LogBatch batch;
  batch.set_topic("web");
  times([&](double at) { batch.add_records()->set_time_unix_nano(static_cast<uint64_t>(absl::ToUnixNanos(At(at)))); });
  ObserveBatch(batch, &*stage_, &found_);
  Clock(2000);
  EXPECT_EQ(TakeAlerts(), one_by_one);

  // With a wall clock that goes on meanwhile, and restarts.
  Start(kRules);
  newest_ = absl::InfinitePast();
  times([this](double at) {
    Log(at);
    Clock(at + 0.5);
    Restart();
  });
  Clock(2000);
  EXPECT_EQ(TakeAlerts(), one_by_one);
}

TEST_F(RulesTest, FiresAgainWithTheRecordThatCrossedWhileItsEndWasAwaited) {
  constexpr std::string_view kRules = "rules: [{name: r, condition: count, above: 2, window: 10s}]";
  Start(kRules);
  Log(0, 3);
  Clock(16);  // live: the end is looked at before the next records come
  Log(12, 4);
  Clock(20);
  const std::vector<std::string> live = TakeAlerts();
  EXPECT_THAT(live, ElementsAre("firing at 0", "resolved at 10.1", "firing at 12"));
  Start(kRules);
  newest_ = absl::InfinitePast();
  Log(0, 3);
  Log(12, 4);
  Restart();
  Clock(20);
  EXPECT_EQ(TakeAlerts(), live);
}

TEST_F(RulesTest, TellsSilenceOfAGroupUntilItIsForgotten) {
  Start("rules: [{name: r, condition: absence, window: 1m, group_by: [host], forget: 1h}]");
  Log(0);
  Clock(90);
  EXPECT_THAT(TakeAlerts(), ElementsAre("firing web-1 at 60.5"));
  Clock(10'000);
  EXPECT_THAT(TakeAlerts(), ElementsAre("resolved web-1 at 3600"));
}

TEST_F(RulesTest, AwaitsAFullWindowBeforeItTellsOfLittle) {
  Start("rules: [{name: r, condition: count, below: 1, window: 1m}]");
  Clock(0);
  Clock(59);
  EXPECT_THAT(TakeAlerts(), IsEmpty());
  Clock(70);
  EXPECT_EQ(TakeAlerts().size(), 1);
}

TEST_F(RulesTest, KeepsWindowsOfUnchangedRulesOnReload) {
  Start(
      "rules: [{name: r, condition: count, above: 2, window: 10s}, {name: s, condition: count, above: 1, window: "
      "10s}]");
  Log(0, 2);
  EXPECT_THAT(TakeAlerts(), ElementsAre("firing at 0"));
  rules_ =
      "rules: [{name: s, condition: count, above: 5, window: 10s}, {name: r, condition: count, above: 2, window: 10s}]";
  stage_->Replace(RulesOf(rules_), kLateness, &found_);
  EXPECT_THAT(TakeAlerts(), ElementsAre("resolved at 0"));  // of s, which is another one now
  Restart();
  Log(1);
  EXPECT_THAT(TakeAlerts(), ElementsAre("firing at 1"));  // r has kept its two
}

TEST_F(RulesTest, EndsAlertsOfRulesThatWereRemovedMeanwhile) {
  Start("rules: [{name: r, condition: count, above: 0, window: 10s}]");
  Log(0);
  EXPECT_THAT(TakeAlerts(), ElementsAre("firing at 0"));
  rules_ = "";
  Restart();
  Clock(7);
  EXPECT_THAT(TakeAlerts(), ElementsAre("resolved at 2"));
  stage_->Save(&state_);
  EXPECT_THAT(state_.values, IsEmpty());
}

}  // namespace
}  // namespace sluice::monitor
