#include "collector/subscribe/groups/group.h"

#include <deque>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "collector/testing/seed.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::collector {
namespace {

using ::testing::HasSubstr;

constexpr int64_t kTimeout = 100;

Group::NewMember Named(MemberId id, const std::string& request = "r") {
  return {.id = id, .name = "m" + std::to_string(id), .peer = "peer", .topics = {"app"}, .request = request};
}

Group::Share Sync(Group& group, MemberId id, const std::string& cursor = "here") {
  return group.Sync(id, [&](uint64_t) { return cursor; });
}

SlotSet At(const Group& group, const std::string& cursor) {
  const std::map<std::string, SlotSet> positions = group.Positions();
  const auto found = positions.find(cursor);
  return found == positions.end() ? 0 : found->second;
}

TEST(GroupTest, GivesTheFirstMemberEverythingFromWhereTheGroupBegins) {
  Group group("g", "begin", kTimeout);
  ASSERT_TRUE(group.Join(Named(1), 0, 0).ok());
  const Group::Share share = Sync(group, 1);
  ASSERT_EQ(share.lanes.size(), 1u);
  EXPECT_EQ(*share.lanes[0].slots, kAllSlots);
  EXPECT_EQ(share.lanes[0].cursor, "begin");
  EXPECT_TRUE(share.settled);
}

TEST(GroupTest, MovesItsPositionOnlyByAcknowledgements) {
  Group group("g", "begin", kTimeout);
  ASSERT_TRUE(group.Join(Named(1), 0, 0).ok());
  const uint64_t lane = Sync(group, 1).lanes[0].id;
  const uint64_t first = group.Sent(1, lane, "a", true);
  const uint64_t second = group.Sent(1, lane, "b", true);
  group.Sent(1, lane, "c", false);  // nothing in it: waits only for those before it
  EXPECT_EQ(At(group, "begin"), kAllSlots);
  ASSERT_TRUE(group.Acknowledge("m1", first).ok());
  EXPECT_EQ(At(group, "a"), kAllSlots);
  EXPECT_EQ(group.Unacknowledged(1), 1u);
  ASSERT_TRUE(group.Acknowledge("m1", second).ok());
  EXPECT_EQ(At(group, "c"), kAllSlots);
  group.Sent(1, lane, "d", false);
  EXPECT_EQ(At(group, "d"), kAllSlots);
}

TEST(GroupTest, SlotsOfMergedLanesStandWhereTheirReadersStand) {
  Group group("g", "begin", kTimeout);
  ASSERT_TRUE(group.Join(Named(1), 0, 0).ok());
  const uint64_t lane = Sync(group, 1).lanes[0].id;
  group.Sent(1, lane, "a", false);
  ASSERT_TRUE(group.Join(Named(2), 0, 0).ok());
  Sync(group, 1, "a");
  group.Sent(1, lane, "b", false);
  group.Leave(2, /*complete=*/false, 0, 0);
  const Group::Share share = Sync(group, 1, "b");
  ASSERT_EQ(share.lanes.size(), 1u);
  ASSERT_EQ(share.lanes[0].cursor, "a");
  // Both come to "c", and there was nothing to tell.
  ASSERT_TRUE(group.Merge(1, lane, share.lanes[0].id, "c"));
  EXPECT_EQ(At(group, "c"), kAllSlots);
}

TEST(GroupTest, RefusesAcknowledgementsOfWhatWasNotSent) {
  Group group("g", "begin", kTimeout);
  ASSERT_TRUE(group.Join(Named(1), 0, 0).ok());
  EXPECT_EQ(group.Acknowledge("m1", 1).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(group.Acknowledge("m2", 1).code(), absl::StatusCode::kNotFound);
}

TEST(GroupTest, AMemberThatDiesLeavesItsSlotsWhereTheyAreAcknowledged) {
  Group group("g", "begin", kTimeout);
  ASSERT_TRUE(group.Join(Named(1), 0, 0).ok());
  const uint64_t lane = Sync(group, 1).lanes[0].id;
  group.Sent(1, lane, "a", true);
  ASSERT_TRUE(group.Acknowledge("m1", 1).ok());
  group.Sent(1, lane, "b", true);
  group.Leave(1, /*complete=*/false, 0, 0);
  ASSERT_TRUE(group.Join(Named(2), 0, 0).ok());
  const Group::Share share = Sync(group, 2);
  ASSERT_EQ(share.lanes.size(), 1u);
  EXPECT_EQ(share.lanes[0].cursor, "a");
}

TEST(GroupTest, AMemberThatIsThroughMayStillAcknowledge) {
  Group group("g", "begin", kTimeout);
  ASSERT_TRUE(group.Join(Named(1), 0, 0).ok());
  const uint64_t lane = Sync(group, 1).lanes[0].id;
  group.Sent(1, lane, "a", true);
  group.Leave(1, /*complete=*/true, 0, 0);
  ASSERT_TRUE(group.Join(Named(2), 0, 0).ok());
  EXPECT_TRUE(Sync(group, 2).lanes.empty());
  ASSERT_TRUE(group.Acknowledge("m1", 1).ok());
  EXPECT_TRUE(group.TakeWoken().contains(2));
  EXPECT_EQ(Sync(group, 2).lanes.at(0).cursor, "a");
  EXPECT_FALSE(group.Acknowledge("m1", 1).ok());
}

TEST(GroupTest, ASlotMovesOnlyWhenItsOwnerHasAcknowledged) {
  Group group("g", "begin", kTimeout);
  ASSERT_TRUE(group.Join(Named(1), 0, 0).ok());
  const Group::NewLane lane = Sync(group, 1).lanes[0];
  group.Sent(1, lane.id, "a", true);
  ASSERT_TRUE(group.Join(Named(2), 0, 0).ok());
  EXPECT_TRUE(Sync(group, 2).lanes.empty());
  // It is told, and stands at "b" then: some of what was read behind "a" did not match.
  EXPECT_TRUE(group.TakeWoken().contains(1));
  Sync(group, 1, "b");
  EXPECT_EQ(CountSlots(*lane.slots), 32);
  EXPECT_TRUE(Sync(group, 2).lanes.empty());
  ASSERT_TRUE(group.Acknowledge("m1", 1).ok());
  const Group::Share share = Sync(group, 2);
  ASSERT_EQ(share.lanes.size(), 1u);
  EXPECT_EQ(share.lanes[0].cursor, "b");
  EXPECT_EQ(*share.lanes[0].slots & *lane.slots, 0u);
}

TEST(GroupTest, ASlotMovesInTheEndWithoutItsOwner) {
  Group group("g", "begin", kTimeout);
  ASSERT_TRUE(group.Join(Named(1), 0, 0).ok());
  const Group::NewLane lane = Sync(group, 1).lanes[0];
  group.Sent(1, lane.id, "a", true);
  ASSERT_TRUE(group.Join(Named(2), 0, 1000).ok());
  EXPECT_EQ(group.Expire(1000 + kTimeout - 1), 1000 + kTimeout);
  EXPECT_TRUE(Sync(group, 2).lanes.empty());
  EXPECT_EQ(group.Expire(1000 + kTimeout), 0);
  const Group::Share share = Sync(group, 2);
  ASSERT_EQ(share.lanes.size(), 1u);
  EXPECT_EQ(share.lanes[0].cursor, "begin");
  EXPECT_EQ(CountSlots(*lane.slots), 32);
  // What it acknowledges late counts only for what it has kept.
  ASSERT_TRUE(group.Acknowledge("m1", 1).ok());
  EXPECT_EQ(CountSlots(At(group, "a")), 32);
  EXPECT_EQ(CountSlots(At(group, "begin")), 32);
}

TEST(GroupTest, ASlotThatComesBackBeforeItHasLeftIsNotStuck) {
  Group group("g", "begin", kTimeout);
  ASSERT_TRUE(group.Join(Named(1), 0, 0).ok());
  const Group::NewLane lane = Sync(group, 1).lanes[0];
  group.Sent(1, lane.id, "a", true);
  ASSERT_TRUE(group.Join(Named(2), 0, 0).ok());
  Sync(group, 1, "a");
  group.Leave(2, false, 0, 0);
  EXPECT_TRUE(Sync(group, 1, "a").lanes.empty());
  // Nobody acknowledges: in time they are its own again, from where they were.
  group.Expire(kTimeout);
  const Group::Share share = Sync(group, 1, "a");
  ASSERT_EQ(share.lanes.size(), 1u);
  EXPECT_EQ(share.lanes[0].cursor, "begin");
  EXPECT_EQ(*share.lanes[0].slots | *lane.slots, kAllSlots);
}

TEST(GroupTest, RefusesMembersThatAskForSomethingElse) {
  Group group("g", "begin", kTimeout);
  ASSERT_TRUE(group.Join(Named(1, "errors"), 0, 0).ok());
  EXPECT_EQ(group.Join(Named(2, "all"), 0, 0).code(), absl::StatusCode::kFailedPrecondition);
  group.Leave(1, false, 0, 0);
  EXPECT_TRUE(group.Join(Named(2, "all"), 0, 0).ok());
}

TEST(GroupTest, HasNoMoreMembersThanShares) {
  Group group("g", "begin", kTimeout);
  for (MemberId id = 1; id <= kSlots; ++id) ASSERT_TRUE(group.Join(Named(id), 0, 0).ok());
  EXPECT_EQ(group.Join(Named(kSlots + 1), 0, 0).code(), absl::StatusCode::kResourceExhausted);
}

TEST(GroupTest, IsWhatItWasWhenItIsRestored) {
  Group group("g", "begin", kTimeout);
  ASSERT_TRUE(group.Join(Named(1), 77, 0).ok());
  const uint64_t lane = Sync(group, 1).lanes[0].id;
  ASSERT_TRUE(group.Join(Named(2), 77, 0).ok());
  Sync(group, 1, "half");
  group.Sent(1, lane, "a", false);
  EXPECT_TRUE(group.TakeDirty());
  absl::StatusOr<Group> restored = Group::Restore("g", group.State(), kTimeout);
  ASSERT_TRUE(restored.ok()) << restored.status();
  EXPECT_EQ(restored->Positions(), group.Positions());
  EXPECT_EQ(restored->last_used_unix_nano(), 77);
  EXPECT_EQ(restored->topics(), std::vector<std::string>{"app"});
  EXPECT_FALSE(restored->TakeDirty());
  EXPECT_THAT(std::string(Group::Restore("g", "", kTimeout).status().message()), HasSubstr("group g is damaged"));
}

Group Shared() { return Group("g", "begin", kTimeout, Group::Sharing::kElsewhere); }

TEST(GroupTest, HasOnlyTheSlotsThatItIsGrantedWhereOthersHaveMembersToo) {
  Group group = Shared();
  ASSERT_TRUE(group.Join(Named(1), 0, 0).ok());
  EXPECT_TRUE(Sync(group, 1).lanes.empty());
  EXPECT_FALSE(Sync(group, 1).settled);
  group.Grant(1, {{"a", 0x0f}, {"b", 0xf0}});
  const Group::Share share = Sync(group, 1);
  ASSERT_EQ(share.lanes.size(), 2u);
  EXPECT_EQ(share.lanes[0].cursor, "a");
  EXPECT_EQ(*share.lanes[1].slots, 0xf0u);
  EXPECT_TRUE(share.settled);
  EXPECT_EQ(group.Released(), 0u);
  // Only what it has is its own to say.
  v1::GroupState state;
  ASSERT_TRUE(state.ParseFromString(group.State()));
  ASSERT_EQ(state.positions_size(), 2);
  EXPECT_EQ(state.request(), "r");
}

TEST(GroupTest, ReleasesWhatIsWithdrawnOnceItIsAcknowledged) {
  Group group = Shared();
  ASSERT_TRUE(group.Join(Named(1), 0, 0).ok());
  group.Grant(1, {{"a", 0xff}});
  const uint64_t lane = Sync(group, 1).lanes[0].id;
  group.Sent(1, lane, "b", true);
  group.Withdraw(1, 0x0f, /*lost=*/false, 0);
  Sync(group, 1, "b");
  EXPECT_EQ(group.Released(), 0u);
  ASSERT_TRUE(group.Acknowledge("m1", 1).ok());
  EXPECT_EQ(group.Released(), 0x0fu);
  EXPECT_EQ(At(group, "b"), 0xffu);
  EXPECT_TRUE(group.TakeDirty());
  group.Release(0x0f);
  EXPECT_EQ(group.held(), 0xf0u);
  // And it may come back.
  group.Grant(1, {{"c", 0x03}});
  EXPECT_EQ(Sync(group, 1).lanes.at(0).cursor, "c");
}

TEST(GroupTest, StopsAtOnceWhatOthersMayHaveAlready) {
  Group group = Shared();
  ASSERT_TRUE(group.Join(Named(1), 0, 0).ok());
  group.Grant(1, {{"a", 0xff}});
  const Group::NewLane lane = Sync(group, 1).lanes[0];
  group.Sent(1, lane.id, "b", true);
  group.Withdraw(1, 0xff, /*lost=*/true, 1);
  EXPECT_EQ(*lane.slots, 0u);
  EXPECT_EQ(group.Released(), 0xffu);
  EXPECT_EQ(At(group, "a"), 0xffu);
}

TEST(GroupTest, FreesWhatAMemberHadThatDied) {
  Group group = Shared();
  ASSERT_TRUE(group.Join(Named(1), 0, 0).ok());
  group.Grant(1, {{"a", 0xff}});
  Sync(group, 1);
  group.Leave(1, /*complete=*/false, 0, 0);
  EXPECT_FALSE(group.Has(1));
  EXPECT_EQ(group.Released(), 0xffu);
  group.Grant(1, {{"b", 0x0f}});  // too late
  EXPECT_EQ(group.held(), 0xffu);
}

// A model: the log is numbers, number n lies in slot n % 64, and a cursor is how many of them are read. Members read,
// acknowledge, stall, die, join; what each of them acknowledged is remembered. In the end nothing may be missing.
class GroupModel {
 public:
  explicit GroupModel(uint32_t seed) : random_(seed) { seen_.resize(kLog, 0); }

  void Run() {
    for (int step = 0; step < 3'000; ++step) {
      ++now_;
      const uint32_t dice = Dice(100);
      if (readers_.empty() || dice < 3) {
        if (readers_.size() < 6) Join();
      } else if (dice < 6) {
        Die(Dice(2) == 0);
      } else if (dice < 8) {
        group_.Expire(now_);
      } else if (dice < 9) {
        Restart();
      } else if (dice < 45) {
        Acknowledge();
      } else {
        Read();
      }
    }
    while (!readers_.empty()) Die(false);
    // One last member finishes the work.
    now_ += 2 * kTimeout;
    group_.Expire(now_);
    Join();
    for (int i = 0; i < 100 * kLog && !Done(); ++i) {
      Read();
      Acknowledge();
    }
    for (int n = 0; n < kLog; ++n) ASSERT_GT(seen_[n], 0) << n;
  }

 private:
  static constexpr int kLog = 2'000;
  struct Lane {
    Group::Slots slots;
    int at = 0;
  };
  struct Sent {
    uint64_t number;
    int record;
  };
  struct Reader {
    std::map<uint64_t, Lane> lanes;
    std::deque<Sent> unacknowledged;
  };

  uint32_t Dice(uint32_t sides) { return random_() % sides; }
  void Join() {
    const MemberId id = ++last_id_;
    ASSERT_TRUE(group_.Join(Named(id), now_, now_).ok());
    readers_[id];
  }
  std::map<MemberId, Reader>::iterator Any() { return std::next(readers_.begin(), Dice(readers_.size())); }
  void Die(bool complete) {
    const auto reader = Any();
    group_.Leave(reader->first, complete, now_, now_);
    if (complete && Dice(2) == 0) AcknowledgeAll(reader->first, &reader->second);
    readers_.erase(reader);
  }
  void Restart() {
    absl::StatusOr<Group> restored = Group::Restore("g", group_.State(), kTimeout);
    ASSERT_TRUE(restored.ok());
    group_ = *std::move(restored);
    readers_.clear();
  }
  void AcknowledgeAll(MemberId id, Reader* reader) {
    if (reader->unacknowledged.empty()) return;
    const size_t count = 1 + Dice(static_cast<uint32_t>(reader->unacknowledged.size()));
    const uint64_t number = reader->unacknowledged[count - 1].number;
    if (!group_.Acknowledge("m" + std::to_string(id), number).ok()) return;
    for (size_t i = 0; i < count; ++i) {
      ++seen_[reader->unacknowledged.front().record];
      reader->unacknowledged.pop_front();
    }
  }
  void Acknowledge() {
    const auto reader = Any();
    AcknowledgeAll(reader->first, &reader->second);
  }
  void Read() {
    const auto entry = Any();
    const MemberId id = entry->first;
    Reader& reader = entry->second;
    if (Dice(3) != 0) {  // otherwise it has not heard yet
      const Group::Share share =
          group_.Sync(id, [&reader](uint64_t lane) { return std::to_string(reader.lanes[lane].at); });
      for (const Group::NewLane& lane : share.lanes) {
        int at = 0;
        ASSERT_TRUE(absl::SimpleAtoi(lane.cursor, &at));
        reader.lanes[lane.id] = {lane.slots, at};
      }
    }
    for (auto& [lane_id, lane] : reader.lanes) {
      for (int steps = static_cast<int>(Dice(40)); steps > 0 && lane.at < kLog; --steps) {
        const int record = lane.at++;
        if ((*lane.slots >> (record % kSlots) & 1) == 0) continue;
        const uint64_t number = group_.Sent(id, lane_id, std::to_string(lane.at), true);
        reader.unacknowledged.push_back({number, record});
      }
      if (Dice(10) == 0) group_.Sent(id, lane_id, std::to_string(lane.at), false);
    }
    Merge(id, &reader);
  }
  void Merge(MemberId id, Reader* reader) {
    for (auto a = reader->lanes.begin(); a != reader->lanes.end(); ++a) {
      for (auto b = std::next(a); b != reader->lanes.end();) {
        const bool merged =
            a->second.at == b->second.at && group_.Merge(id, a->first, b->first, std::to_string(a->second.at));
        b = merged ? reader->lanes.erase(b) : std::next(b);
      }
    }
  }
  bool Done() const {
    const std::map<std::string, SlotSet> positions = group_.Positions();
    return positions.size() == 1 && positions.begin()->first == std::to_string(kLog);
  }

  std::mt19937 random_;
  Group group_{"g", "0", kTimeout};
  std::map<MemberId, Reader> readers_;
  std::vector<int> seen_;
  MemberId last_id_ = 0;
  int64_t now_ = 1;
};

TEST(GroupTest, SkipsNothingWhateverItsMembersDo) {
  const testing::Seed seed;
  for (uint32_t round = 0; round < 50 && !HasFatalFailure(); ++round) {
    SCOPED_TRACE(seed.ToString() + ", round " + std::to_string(round));
    GroupModel(seed.value + round).Run();
  }
}

}  // namespace
}  // namespace sluice::collector
