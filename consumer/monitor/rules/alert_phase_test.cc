#include "consumer/monitor/rules/alert_phase.h"

#include <vector>

#include "gtest/gtest.h"

namespace sluice::monitor {
namespace {

using Change = AlertPhase::Change;

absl::Time At(int seconds) { return absl::FromUnixSeconds(1'700'000'000 + seconds); }

struct Step {
  bool holds;
  bool over;
  Change change;
};

void ExpectChanges(absl::Duration hold, const std::vector<Step>& steps) {
  AlertPhase phase;
  for (int i = 0; i < static_cast<int>(steps.size()); ++i) {
    EXPECT_EQ(phase.Update(steps[i].holds, steps[i].over, At(i), hold), steps[i].change) << "step " << i;
    v1::MonitorAlertPhase saved;  // also by way of its saved form
    phase.Save(&saved);
    phase = AlertPhase::Load(saved);
  }
}

TEST(AlertPhaseTest, FiresAtOnceWithoutAHoldTime) {
  ExpectChanges(absl::ZeroDuration(), {{false, true, Change::kNone},
                                       {true, false, Change::kFired},
                                       {true, false, Change::kNone},
                                       {false, true, Change::kResolved},
                                       {false, true, Change::kNone},
                                       {true, false, Change::kFired}});
}

TEST(AlertPhaseTest, FiresAfterTheHoldTimeOnly) {
  ExpectChanges(absl::Seconds(2), {{true, false, Change::kNone},
                                   {true, false, Change::kNone},
                                   {true, false, Change::kFired},
                                   {false, true, Change::kResolved}});
}

TEST(AlertPhaseTest, BeginsAnewWhenTheConditionDoesNotHoldOnce) {
  ExpectChanges(absl::Seconds(2), {{true, false, Change::kNone},
                                   {true, false, Change::kNone},
                                   {false, true, Change::kNone},
                                   {true, false, Change::kNone},
                                   {true, false, Change::kNone},
                                   {true, false, Change::kFired}});
}

TEST(AlertPhaseTest, StaysBetweenThresholdAndRecovery) {
  ExpectChanges(absl::ZeroDuration(), {{false, false, Change::kNone},
                                       {true, false, Change::kFired},
                                       {false, false, Change::kNone},
                                       {false, true, Change::kResolved},
                                       {false, false, Change::kNone}});
}

}  // namespace
}  // namespace sluice::monitor
