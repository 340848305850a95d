#include "collector/ingest/ingest_budget.h"

#include "gtest/gtest.h"

namespace sluice::collector {
namespace {

TEST(IngestBudgetTest, HasRoomBelowItsLimit) {
  IngestBudget budget(100);
  budget.Take(99);
  EXPECT_TRUE(budget.HasRoomOrWait([] { FAIL(); }));
  budget.Give(99);
  EXPECT_EQ(budget.bytes(), 0);
}

TEST(IngestBudgetTest, WakesThoseWhoWaitOnceHalfIsFree) {
  IngestBudget budget(100);
  budget.Take(60);
  budget.Take(60);  // what was read is never refused
  int resumed = 0;
  EXPECT_FALSE(budget.HasRoomOrWait([&] { ++resumed; }));
  EXPECT_FALSE(budget.HasRoomOrWait([&] { ++resumed; }));
  budget.Give(60);
  EXPECT_EQ(resumed, 0);
  budget.Give(10);
  EXPECT_EQ(resumed, 2);
  budget.Give(50);
  EXPECT_EQ(resumed, 2);
}

TEST(IngestBudgetTest, ResumeMayAskAgain) {
  IngestBudget budget(100);
  budget.Take(100);
  bool resumed = false;
  EXPECT_FALSE(budget.HasRoomOrWait([&] { resumed = budget.HasRoomOrWait([] {}); }));
  budget.Give(100);
  EXPECT_TRUE(resumed);
}

}  // namespace
}  // namespace sluice::collector
