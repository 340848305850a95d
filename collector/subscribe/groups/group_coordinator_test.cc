#include "collector/subscribe/groups/group_coordinator.h"

#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "collector/log/testing_batches.h"
#include "collector/testing/test_log.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "prometheus/registry.h"

namespace sluice::collector {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAreArray;
using Step = MessageSource::Step;

class GroupCoordinatorTest : public ::testing::Test {
 protected:
  GroupCoordinatorTest() { Open(); }
  ~GroupCoordinatorTest() override { Close(); }

  void Open(GroupOptions options = {}) {
    executor_ = std::make_unique<Executor>(2);
    auto groups = GroupCoordinator::Open(
        options,
        {.log = log_.get(), .executor = executor_.get(), .metrics = &metrics_, .clock = SystemClock(), .limits = {}});
    ASSERT_TRUE(groups.ok()) << groups.status();
    groups_ = *std::move(groups);
  }
  void Close() {
    groups_->Stop();
    executor_->Stop();
    groups_.reset();
  }

  static v1::SubscribeRequest Request(const std::string& group = "g") {
    v1::SubscribeRequest request;
    request.set_group(group);
    request.set_follow(true);
    request.mutable_start()->set_beginning(true);
    return request;
  }

  // A member, driven by the test.
  struct Member {
    std::unique_ptr<MessageSource> source;
    std::string name;
    std::string cursor;  // of the last message with records
    std::vector<uint64_t> inodes;
    int generation = 0;
  };
  Member Join(const v1::SubscribeRequest& request) {
    absl::StatusOr<Filter> filter = Filter::Compile(request);
    EXPECT_TRUE(filter.ok());
    auto source = groups_->Join(request, std::make_shared<const Filter>(*std::move(filter)), "peer", [] {});
    EXPECT_TRUE(source.ok()) << source.status();
    Member member;
    member.source = *std::move(source);
    while (member.name.empty()) Read(&member);  // until the group is saved
    return member;
  }
  // Reads to where it waits.
  void Read(Member* member) {
    for (;;) {
      MessageSource::Message message;
      const absl::StatusOr<Step> step = member->source->Advance(&message);
      ASSERT_TRUE(step.ok()) << step.status();
      if (*step == Step::kWait || *step == Step::kEnd) return;
      if (*step == Step::kSend) Take(message, member);
    }
  }
  static void Take(const MessageSource::Message& message, Member* member) {
    std::string bytes;
    for (const SharedBytes& piece : message.response.pieces) bytes += piece.view();
    v1::SubscribeResponse response;
    ASSERT_TRUE(response.ParseFromString(bytes));
    ASSERT_FALSE(response.cursor().empty());
    if (response.has_membership()) {
      member->name = response.membership().member();
      member->generation = static_cast<int>(response.membership().generation());
    }
    if (!response.has_batch()) return;
    member->cursor = response.cursor();
    for (int i = 0; i < response.batch().records_size(); ++i) member->inodes.push_back(response.batch().file().inode());
  }
  absl::Status Acknowledge(const std::string& member, const std::string& cursor) {
    v1::AcknowledgeRequest request;
    request.set_group("g");
    request.set_member(member);
    request.set_cursor(cursor);
    Mutex mutex;
    CondVar done;
    std::optional<absl::Status> answer;
    groups_->Acknowledge(request, [&](const absl::Status& status) {
      MutexLock lock(&mutex);
      answer = status;
      done.Signal();
    });
    MutexLock lock(&mutex);
    while (!answer.has_value()) done.Wait(&mutex);
    return *answer;
  }
  void Append(uint64_t inode, uint64_t offset = 0) {
    log_.Append(testing::MakeBatch(testing::OneLine("app", inode, offset)));
  }
  static std::vector<uint64_t> Range(uint64_t count) {
    std::vector<uint64_t> range;
    for (uint64_t i = 0; i < count; ++i) range.push_back(i);
    return range;
  }

  testing::TestLog log_;
  prometheus::Registry registry_;
  CollectorMetrics metrics_{&registry_};
  std::unique_ptr<Executor> executor_;
  std::unique_ptr<GroupCoordinator> groups_;
};

TEST_F(GroupCoordinatorTest, SharesTheFilesAmongTheMembers) {
  Member a = Join(Request());
  Member b = Join(Request());
  Read(&a);
  Read(&b);
  for (uint64_t inode = 0; inode < 100; ++inode) Append(inode);
  Read(&a);
  Read(&b);
  std::vector<uint64_t> both = a.inodes;
  both.insert(both.end(), b.inodes.begin(), b.inodes.end());
  EXPECT_THAT(both, UnorderedElementsAreArray(Range(100)));
  EXPECT_GT(a.inodes.size(), 20u);
  EXPECT_GT(b.inodes.size(), 20u);
}

TEST_F(GroupCoordinatorTest, GoesOnWhereItWasAcknowledgedAfterARestart) {
  Append(1);
  Append(1, 10);
  Append(1, 20);
  {
    Member a = Join(Request());
    Read(&a);
    EXPECT_THAT(a.inodes, ElementsAre(1, 1, 1));
    EXPECT_TRUE(Acknowledge(a.name, a.cursor).ok());
    Append(2);
    Read(&a);
  }
  Close();
  Open();
  Member b = Join(Request());
  Read(&b);
  EXPECT_THAT(b.inodes, ElementsAre(2));
  EXPECT_FALSE(Acknowledge("nobody", b.cursor).ok());
}

TEST_F(GroupCoordinatorTest, GivesWhatADeadMemberHasNotAcknowledgedToTheOthers) {
  Member a = Join(Request());
  Member b = Join(Request());
  Read(&a);
  Read(&b);
  for (uint64_t inode = 0; inode < 50; ++inode) Append(inode);
  Read(&a);
  Read(&b);
  if (!b.cursor.empty()) EXPECT_TRUE(Acknowledge(b.name, b.cursor).ok());
  a.source.reset();
  Read(&b);
  EXPECT_THAT(b.inodes, UnorderedElementsAreArray(Range(50)));
}

TEST_F(GroupCoordinatorTest, ReadsWithOneReaderAgainWhenAllIsAcknowledged) {
  Member a = Join(Request());
  Member b = Join(Request());
  Read(&a);
  Read(&b);
  for (uint64_t inode = 0; inode < 50; ++inode) Append(inode);
  Read(&a);
  EXPECT_TRUE(Acknowledge(a.name, a.cursor).ok());
  b.source.reset();
  Read(&a);
  EXPECT_TRUE(Acknowledge(a.name, a.cursor).ok());
  Read(&a);
  a.inodes.clear();
  const uint64_t before = log_.rocksdb()->disk_reads();
  for (uint64_t inode = 0; inode < 50; ++inode) Append(inode, 10);
  Read(&a);
  EXPECT_THAT(a.inodes, ElementsAreArray(Range(50)));  // in the order of the log: by one reader
  EXPECT_EQ(log_.rocksdb()->disk_reads(), before);
}

TEST_F(GroupCoordinatorTest, StopsSendingToWhoDoesNotAcknowledge) {
  for (uint64_t i = 0; i < GroupSubscription::kUnacknowledgedMax + 10; ++i) Append(1, 10 * i);
  Member a = Join(Request());
  Read(&a);
  EXPECT_EQ(a.inodes.size(), GroupSubscription::kUnacknowledgedMax);
  EXPECT_TRUE(Acknowledge(a.name, a.cursor).ok());
  Read(&a);
  EXPECT_EQ(a.inodes.size(), GroupSubscription::kUnacknowledgedMax + 10);
}

TEST_F(GroupCoordinatorTest, ListsMembersAndLag) {
  Append(1);
  Append(2);
  Member a = Join(Request());
  Read(&a);
  v1::ListGroupsResponse listed = groups_->List();
  ASSERT_EQ(listed.groups_size(), 1);
  EXPECT_EQ(listed.groups(0).lag_records(), 2u);
  ASSERT_EQ(listed.groups(0).members_size(), 1);
  EXPECT_EQ(listed.groups(0).members(0).unacknowledged(), 2u);
  EXPECT_EQ(listed.groups(0).members(0).slots(), 64u);
  EXPECT_TRUE(Acknowledge(a.name, a.cursor).ok());
  a.source.reset();
  listed = groups_->List();
  EXPECT_EQ(listed.groups(0).lag_records(), 0u);
  EXPECT_THAT(listed.groups(0).members(), IsEmpty());
}

TEST_F(GroupCoordinatorTest, ForgetsGroupsThatNobodyUses) {
  Join(Request());
  Close();
  Open({.retention = absl::ZeroDuration()});
  while (groups_->List().groups_size() != 0) std::this_thread::yield();
  Close();
  Open();
  EXPECT_EQ(groups_->List().groups_size(), 0);
}

TEST_F(GroupCoordinatorTest, HasABoundOnItsGroups) {
  Close();
  Open({.groups_max = 1});
  Member a = Join(Request("a"));
  const v1::SubscribeRequest other = Request("b");
  absl::StatusOr<Filter> filter = Filter::Compile(other);
  const auto refused = groups_->Join(other, std::make_shared<const Filter>(*std::move(filter)), "", [] {});
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kResourceExhausted);
}

}  // namespace
}  // namespace sluice::collector
