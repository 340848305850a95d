#include "collector/subscribe/groups/assignment.h"

#include <random>

#include "collector/testing/seed.h"
#include "gtest/gtest.h"

namespace sluice::collector {
namespace {

TEST(AssignmentTest, GivesEverythingToOne) {
  EXPECT_EQ(AssignSlots({{7, 0}}).at(7), kAllSlots);
  EXPECT_TRUE(AssignSlots({}).empty());
}

TEST(AssignmentTest, TakesOnlyWhatANewMemberNeeds) {
  const std::map<MemberId, SlotSet> two = AssignSlots({{1, kAllSlots}, {2, 0}});
  EXPECT_EQ(CountSlots(two.at(1)), 32);
  EXPECT_EQ(two.at(1) | two.at(2), kAllSlots);
  std::map<MemberId, SlotSet> present = two;
  present[3] = 0;
  const std::map<MemberId, SlotSet> three = AssignSlots(present);
  // The third gets what the others have too much, and these get nothing new.
  EXPECT_EQ(three.at(1) & ~two.at(1), 0u);
  EXPECT_EQ(three.at(2) & ~two.at(2), 0u);
  EXPECT_EQ(CountSlots(three.at(3)), 21);
}

TEST(AssignmentTest, SharesOutEverythingEvenlyWhoeverComesAndGoes) {
  const testing::Seed seed;
  SCOPED_TRACE(seed.ToString());
  std::mt19937 random(seed.value);
  std::map<MemberId, SlotSet> present;
  MemberId next = 0;
  for (int round = 0; round < 5'000; ++round) {
    if (present.empty() || (present.size() < kSlots && random() % 2 == 0)) {
      present[++next] = 0;
    } else {
      present.erase(std::next(present.begin(), random() % present.size()));
    }
    const std::map<MemberId, SlotSet> before = present;
    present = AssignSlots(present);
    ASSERT_EQ(present.size(), before.size());
    SlotSet all = 0;
    int most = 0;
    int least = kSlots;
    int moved = 0;
    for (const auto& [member, slots] : present) {
      ASSERT_EQ(all & slots, 0u);
      all |= slots;
      most = std::max(most, CountSlots(slots));
      least = std::min(least, CountSlots(slots));
      moved += CountSlots(before.at(member) & ~slots);
    }
    if (present.empty()) continue;
    ASSERT_EQ(all, kAllSlots);
    ASSERT_LE(most - least, 1);
    // No more than the share of one member, and one slot of each where it does not come out even.
    ASSERT_LE(moved, kSlots / static_cast<int>(present.size()) + static_cast<int>(present.size()));
  }
}

}  // namespace
}  // namespace sluice::collector
