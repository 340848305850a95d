#include "collector/subscribe/subscription.h"

#include <memory>
#include <string>
#include <vector>

#include "collector/log/testing_batches.h"
#include "collector/testing/test_log.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::collector {
namespace {

using testing::BatchSpec;
using Step = Subscription::Step;
using ::testing::ElementsAre;

class SubscriptionTest : public ::testing::Test {
 protected:
  void Append(const v1::LogBatch& batch) { ASSERT_EQ(log_.Append(batch).outcome, AppendResult::Outcome::kStored); }
  // `lines` lines of a file of their own.
  void Append(const std::string& topic, uint32_t lines) {
    Append(testing::MakeBatch({.topic = topic, .inode = ++inode_, .lines = lines}));
  }

  std::unique_ptr<Subscription> Subscribe(const v1::SubscribeRequest& request, Position start = {}) {
    absl::StatusOr<Filter> filter = Filter::Compile(request);
    EXPECT_TRUE(filter.ok()) << filter.status();
    return std::make_unique<Subscription>(Subscription::Request{std::make_shared<const Filter>(*std::move(filter)),
                                                                start, request.follow(), request.limit()},
                                          limits_, log_.get(), &clock_);
  }
  // One step, and what it said.
  Step Advance(Subscription* subscription, v1::SubscribeResponse* response) {
    Subscription::Message message;
    absl::StatusOr<Step> step = subscription->Advance(&message);
    EXPECT_TRUE(step.ok()) << step.status();
    response->Clear();
    std::string bytes;
    for (const SharedBytes& piece : message.response.pieces) bytes += piece.view();
    EXPECT_TRUE(response->ParseFromString(bytes));
    if (*step == Step::kSend) {
      EXPECT_FALSE(response->cursor().empty());
      EXPECT_EQ(message.records, response->batch().records_size());
    }
    return *step;
  }
  // Everything up to the end or the point where it waits: "inode:offset" of each record, and "progress", "cursor".
  std::vector<std::string> Drain(Subscription* subscription) {
    std::vector<std::string> seen;
    v1::SubscribeResponse response;
    for (;;) {
      Step step = Advance(subscription, &response);
      if (step == Step::kEnd || step == Step::kWait) return seen;
      if (step == Step::kYield) continue;
      cursors_.push_back(response.cursor());
      for (const v1::LogRecord& record : response.batch().records()) {
        seen.push_back(std::to_string(response.batch().file().inode()) + ":" + std::to_string(record.offset()));
      }
      if (response.has_progress()) seen.push_back("progress");
      if (response.message_case() == v1::SubscribeResponse::MESSAGE_NOT_SET) seen.push_back("cursor");
    }
  }

  SimulatedClock clock_;
  testing::TestLog log_;
  SubscriptionLimits limits_;
  std::vector<std::string> cursors_;
  uint64_t inode_ = 0;
};

TEST_F(SubscriptionTest, EndsWithProgressWhenItDoesNotFollow) {
  Append("app", 2);
  Append("db", 1);
  auto subscription = Subscribe({});
  EXPECT_THAT(Drain(subscription.get()), ElementsAre("1:0", "1:16", "2:0", "progress"));
  v1::SubscribeResponse response;
  EXPECT_EQ(Advance(subscription.get(), &response), Step::kEnd);
}

TEST_F(SubscriptionTest, TellsOfAnEmptyLogToo) { EXPECT_THAT(Drain(Subscribe({}).get()), ElementsAre("progress")); }

TEST_F(SubscriptionTest, ProgressTellsWhatWasLookedAt) {
  Append("app", 5);
  v1::SubscribeRequest request;
  request.set_min_severity(v1::SEVERITY_FATAL);
  auto subscription = Subscribe(request);
  v1::SubscribeResponse response;
  EXPECT_EQ(Advance(subscription.get(), &response), Step::kSend);
  EXPECT_EQ(response.progress().records_scanned(), 5);
  EXPECT_GT(response.progress().bytes_scanned(), 5 * 16);
}

TEST_F(SubscriptionTest, FollowsWithoutAGap) {
  Append("app", 1);
  v1::SubscribeRequest request;
  request.set_follow(true);
  auto subscription = Subscribe(request);
  EXPECT_THAT(Drain(subscription.get()), ElementsAre("1:0", "progress"));
  Append("app", 2);
  EXPECT_THAT(Drain(subscription.get()), ElementsAre("2:0", "2:16", "progress"));
  EXPECT_THAT(Drain(subscription.get()), ElementsAre());
}

TEST_F(SubscriptionTest, TellsOfTopicsThatItDoesNotReadOnceASecond) {
  v1::SubscribeRequest request;
  request.add_topics("app");
  request.set_follow(true);
  auto subscription = Subscribe(request);
  EXPECT_THAT(Drain(subscription.get()), ElementsAre("progress"));
  Append("db", 1);
  EXPECT_THAT(Drain(subscription.get()), ElementsAre());
  EXPECT_TRUE(subscription->progress_due());
  clock_.Advance(1'000'000'000);
  EXPECT_THAT(Drain(subscription.get()), ElementsAre("progress"));
  EXPECT_FALSE(subscription->progress_due());
  EXPECT_EQ(cursors_.back(), log_.get()->FormatCursor(log_.get()->End()));
  clock_.Advance(1'000'000'000);
  EXPECT_THAT(Drain(subscription.get()), ElementsAre());  // nothing new
}

TEST_F(SubscriptionTest, EndsExactlyAtItsLimitAndGoesOnFromItsCursor) {
  Append("app", 3);
  Append("app", 4);
  std::vector<std::string> all;
  Position start;
  for (int i = 0; i < 7; ++i) {
    v1::SubscribeRequest request;
    request.set_limit(1);
    std::vector<std::string> seen = Drain(Subscribe(request, start).get());
    ASSERT_EQ(seen.size(), 1);
    all.push_back(seen[0]);
    start = *log_.get()->ParseCursor(cursors_.back());
  }
  EXPECT_THAT(all, ElementsAre("1:0", "1:16", "1:32", "2:0", "2:16", "2:32", "2:48"));
  EXPECT_THAT(Drain(Subscribe({}, start).get()), ElementsAre("progress"));
}

TEST_F(SubscriptionTest, EveryCursorGoesOnRightBehindItsMessage) {
  for (int i = 0; i < 20; ++i) Append(i % 3 == 0 ? "app" : "db", 7);
  limits_.response_bytes = 100;  // batches come in parts
  limits_.read_bytes = 500;
  v1::SubscribeRequest request;
  request.set_min_severity(v1::SEVERITY_INFO);
  const std::vector<std::string> all = Drain(Subscribe(request).get());
  const std::vector<std::string> cursors = std::exchange(cursors_, {});
  ASSERT_GT(cursors.size(), 40);
  auto subscription = Subscribe(request);
  std::vector<std::string> before;
  for (const std::string& cursor : cursors) {
    v1::SubscribeResponse response;
    ASSERT_EQ(Advance(subscription.get(), &response), Step::kSend);
    ASSERT_EQ(response.cursor(), cursor);
    for (const v1::LogRecord& record : response.batch().records()) {
      before.push_back(std::to_string(response.batch().file().inode()) + ":" + std::to_string(record.offset()));
    }
    std::vector<std::string> both = before;
    for (const std::string& seen : Drain(Subscribe(request, *log_.get()->ParseCursor(cursor)).get())) {
      both.push_back(seen);
    }
    ASSERT_EQ(both, all);
  }
}

TEST_F(SubscriptionTest, SplitsALargeBatchForClientsWithSmallBounds) {
  limits_.response_bytes = 1000;
  Append("app", 1000);
  auto subscription = Subscribe({});
  v1::SubscribeResponse response;
  int parts = 0;
  uint64_t next = 0;
  while (Advance(subscription.get(), &response) == Step::kSend && response.has_batch()) {
    ++parts;
    EXPECT_LT(response.ByteSizeLong(), 1500);
    for (const v1::LogRecord& record : response.batch().records()) {
      EXPECT_EQ(record.offset(), next);
      next += 16;
    }
  }
  EXPECT_GT(parts, 10);
  EXPECT_EQ(next, 16'000);
}

TEST_F(SubscriptionTest, YieldsWhileNothingMatchesAndTellsItsCursorOnceASecond) {
  limits_.scan_bytes = 1000;
  for (int i = 0; i < 20; ++i) Append("app", 10);
  v1::SubscribeRequest request;
  request.set_regex("nothing like this");
  auto subscription = Subscribe(request);
  v1::SubscribeResponse response;
  EXPECT_EQ(Advance(subscription.get(), &response), Step::kYield);
  clock_.Advance(1'000'000'000);
  EXPECT_EQ(Advance(subscription.get(), &response), Step::kSend);
  EXPECT_EQ(response.message_case(), v1::SubscribeResponse::MESSAGE_NOT_SET);
  EXPECT_FALSE(response.cursor().empty());
  EXPECT_EQ(Advance(subscription.get(), &response), Step::kYield);
}

TEST_F(SubscriptionTest, SeesTopicsThatAreMadeLater) {
  v1::SubscribeRequest request;
  request.add_topics("new-*");
  request.set_follow(true);
  auto subscription = Subscribe(request);
  EXPECT_THAT(Drain(subscription.get()), ElementsAre("progress"));
  Append("new-1", 1);
  Append("other", 1);
  Append("new-2", 1);
  EXPECT_THAT(Drain(subscription.get()), ElementsAre("1:0", "3:0", "progress"));
}

TEST_F(SubscriptionTest, GivesWholeBatchesAsTheyWereStored) {
  v1::LogBatch batch = testing::MakeBatch({.lines = 3});
  Append(batch);
  v1::SubscribeResponse response;
  auto subscription = Subscribe({});
  ASSERT_EQ(Advance(subscription.get(), &response), Step::kSend);
  EXPECT_EQ(response.batch().ShortDebugString(), batch.ShortDebugString());
}

}  // namespace
}  // namespace sluice::collector
