#include "collector/subscribe/start.h"

#include <string>

#include "collector/log/testing_batches.h"
#include "collector/testing/test_log.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::collector {
namespace {

using ::testing::HasSubstr;

class StartTest : public ::testing::Test {
 protected:
  absl::StatusOr<Position> Resolve() { return ResolveStart(request_, log_.get()); }

  testing::TestLog log_;
  v1::SubscribeRequest request_;
};

TEST_F(StartTest, IsTheBeginningWithoutFollowAndTheEndWithIt) {
  EXPECT_EQ(*Resolve(), Position());
  request_.set_follow(true);
  EXPECT_EQ(*Resolve(), log_.get()->End());
}

TEST_F(StartTest, IsWhereTheRequestSays) {
  log_.Append(testing::MakeBatch({.lines = 3}));
  log_.Append(testing::MakeBatch({.first_offset = 100}));
  request_.set_follow(true);
  request_.mutable_start()->set_beginning(false);  // the value is not looked at
  EXPECT_EQ(*Resolve(), Position());
  request_.mutable_start()->set_end(false);
  EXPECT_EQ(*Resolve(), log_.get()->End());
  const Position inside{log_.get()->Begin().sequence, 2};
  request_.mutable_start()->set_cursor(log_.get()->FormatCursor(inside));
  EXPECT_EQ(*Resolve(), inside);
  request_.mutable_start()->mutable_time()->set_seconds(1'700'000'000);
  EXPECT_EQ(*Resolve(), log_.get()->AtAppendTime(1'700'000'000'000'000'000));
  request_.mutable_start()->mutable_time()->set_seconds(1);
  EXPECT_EQ(*Resolve(), log_.get()->Begin());
}

TEST_F(StartTest, SaysWhatIsWrong) {
  request_.mutable_start()->set_cursor("yesterday");
  EXPECT_EQ(Resolve().status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(Resolve().status().message()), HasSubstr("start.cursor: "));

  testing::TestLog other;
  request_.mutable_start()->set_cursor(other.get()->FormatCursor({1, 0}));
  EXPECT_EQ(Resolve().status().code(), absl::StatusCode::kFailedPrecondition);

  request_.mutable_start()->mutable_time()->set_seconds(-5);
  EXPECT_EQ(Resolve().status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(Resolve().status().message()), HasSubstr("start.time: "));
}

}  // namespace
}  // namespace sluice::collector
