// Members of consumer groups on a real broker, as if they were at different collectors.
#include "collector/log/kafka/group_claims.h"

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/mutex.h"
#include "collector/log/kafka/testing_broker.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::collector::kafka {
namespace {

using ::testing::HasSubstr;

// What a member knows.
struct Told {
  Mutex mutex;
  CondVar changed;
  // Under the mutex.
  SlotSet slots = 0;
  SlotSet revoked = 0;
  SlotPositions positions;

  // Waits until `done` says yes.
  bool Await(const std::function<bool(const Told&)>& done) {
    const int64_t deadline = SystemClock()->MonotonicNanos() + absl::ToInt64Nanoseconds(absl::Seconds(60));
    MutexLock lock(&mutex);
    while (!done(*this) && SystemClock()->MonotonicNanos() < deadline)
      changed.WaitWithTimeout(&mutex, absl::Seconds(1));
    return done(*this);
  }
};

class Listener final : public ClaimListener {
 public:
  explicit Listener(Told* told) : told_(told) {}
  void OnGranted(const SlotPositions& positions) override {
    MutexLock lock(&told_->mutex);
    for (const auto& [cursor, slots] : positions) told_->slots |= slots;
    told_->positions = positions;
    told_->changed.SignalAll();
  }
  void OnRevoked(SlotSet slots, bool) override {
    MutexLock lock(&told_->mutex);
    told_->slots &= ~slots;
    told_->revoked |= slots;
    told_->changed.SignalAll();
  }

 private:
  Told* const told_;
};

// A collector's part of it.
struct Collector {
  explicit Collector(const KafkaOptions& options)
      : names(options.topic_prefix),
        cluster(*Cluster::Connect(options, nullptr)),
        states(options, cluster.get(), &names),
        claims(options, cluster.get(), &names, &states) {}

  TopicNames names;
  std::unique_ptr<Cluster> cluster;
  GroupStates states;
  KafkaGroupClaims claims;
};

std::string State(const std::string& cursor, SlotSet slots = kAllSlots) {
  v1::GroupState state;
  state.add_positions()->set_slots(slots);
  state.mutable_positions(0)->set_cursor(cursor);
  return state.SerializeAsString();
}

class GroupClaimsTest : public ::testing::Test {
 protected:
  std::unique_ptr<GroupClaim> Claim(Collector* collector, const std::string& name, Told* told) {
    auto claim = collector->claims.Claim("g", name, "peer", std::make_unique<Listener>(told));
    EXPECT_TRUE(claim.ok()) << claim.status();
    return *std::move(claim);
  }

  const KafkaOptions options_ = testing::Broker::Shared().NewLog();
};

TEST_F(GroupClaimsTest, BeginsWhereTheFirstMemberSaidAndGoesOnWhereAnybodySaved) {
  Collector a(options_);
  Collector b(options_);
  EXPECT_TRUE(a.states.Load()->empty());
  ASSERT_TRUE(a.claims.Open("g", State("begin")).ok());
  EXPECT_EQ(*b.claims.Open("g", State("later")), State("begin"));
  ASSERT_TRUE(a.states.Save("g", State("here", 0x0f)).ok());
  EXPECT_EQ(*b.states.PositionsOf("g", 0xff), (SlotPositions{{"begin", 0xf0}, {"here", 0x0f}}));
  ASSERT_TRUE(b.states.Save("g", State("there", 0x03)).ok());
  EXPECT_EQ(*a.states.PositionsOf("g", 0xff), (SlotPositions{{"begin", 0xf0}, {"here", 0x0c}, {"there", 0x03}}));
  EXPECT_EQ(a.states.Load()->size(), 1u);
  ASSERT_TRUE(b.states.Remove("g").ok());
  EXPECT_TRUE(a.states.Load()->empty());
  EXPECT_EQ(a.states.PositionsOf("g", 1).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(GroupClaimsTest, MovesASlotOnlyWhenItIsReleasedAndSharesAllOfThem) {
  Collector a(options_);
  Collector b(options_);
  Told first;
  Told second;
  ASSERT_TRUE(a.claims.Open("g", State("begin")).ok());
  const auto one = Claim(&a, "one", &first);
  ASSERT_TRUE(first.Await([](const Told& told) { return told.slots == kAllSlots; }));
  auto two = Claim(&b, "two", &second);
  ASSERT_TRUE(first.Await([](const Told& told) { return CountSlots(told.revoked) == 32; }));
  SlotSet moved = 0;
  {
    MutexLock lock(&second.mutex);
    EXPECT_EQ(second.slots, 0u) << "nothing was released yet";
  }
  {
    MutexLock lock(&first.mutex);
    moved = first.revoked;
  }
  ASSERT_TRUE(a.states.Save("g", State("acknowledged", moved)).ok());
  one->Release(moved);
  ASSERT_TRUE(second.Await([moved](const Told& told) { return told.slots == moved; }));
  {
    MutexLock lock(&second.mutex);
    EXPECT_EQ(second.positions, (SlotPositions{{"acknowledged", moved}}));
  }
  const auto members = a.claims.Members("g");
  ASSERT_TRUE(members.ok()) << members.status();
  ASSERT_EQ(members->size(), 2u);
  EXPECT_EQ((*members)[1].name, "two");
  EXPECT_EQ((*members)[1].peer, "peer");
  EXPECT_EQ((*members)[1].slots, moved);
  two.reset();
  EXPECT_TRUE(first.Await([](const Told& told) { return told.slots == kAllSlots; }));
}

TEST_F(GroupClaimsTest, RefusesATopicOfSlotsThatHasNotOneForEach) {
  testing::Broker::Shared().Admin("org.apache.kafka.tools.TopicCommand --create --partitions 3 --topic " +
                                  options_.topic_prefix + "sluice-group-slots");
  Collector a(options_);
  const auto opened = a.claims.Open("g", State("begin"));
  EXPECT_EQ(opened.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(opened.status().message()), HasSubstr("64"));
}

}  // namespace
}  // namespace sluice::collector::kafka
