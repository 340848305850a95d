#include "collector/support/stream_set.h"

#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::collector {
namespace {

using ::testing::HasSubstr;

class StreamSetTest : public ::testing::Test {
 protected:
  prometheus::Gauge gauge_;
  StreamSet<int> set_{"subscriptions", "limits.subscribers", 2, &gauge_, SystemClock()};
  std::shared_ptr<int> a_ = std::make_shared<int>(1);
  std::shared_ptr<int> b_ = std::make_shared<int>(2);
  std::shared_ptr<int> c_ = std::make_shared<int>(3);
};

TEST_F(StreamSetTest, TakesNoMoreThanItsBoundAndSaysWhatToChange) {
  EXPECT_TRUE(set_.Add(a_).ok());
  EXPECT_TRUE(set_.Add(b_).ok());
  absl::Status status = set_.Add(c_);
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(status.message()), HasSubstr("2 subscriptions are open"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("limits.subscribers"));
  EXPECT_EQ(gauge_.Value(), 2);
  set_.Remove(a_);
  EXPECT_EQ(gauge_.Value(), 1);
  EXPECT_TRUE(set_.Add(c_).ok());
}

TEST_F(StreamSetTest, TakesNothingOnceItIsClosed) {
  EXPECT_TRUE(set_.Add(a_).ok());
  EXPECT_EQ(set_.Close(), std::vector{a_});
  EXPECT_EQ(set_.Add(b_).code(), absl::StatusCode::kUnavailable);
}

TEST_F(StreamSetTest, WaitsUntilTheLastIsGoneOrTheTimeIsUp) {
  EXPECT_TRUE(set_.WaitUntilEmpty(absl::ZeroDuration()));
  EXPECT_TRUE(set_.Add(a_).ok());
  EXPECT_FALSE(set_.WaitUntilEmpty(absl::Milliseconds(1)));
  std::thread other([&] { set_.Remove(a_); });
  EXPECT_TRUE(set_.WaitUntilEmpty(absl::Hours(1)));
  other.join();
}

}  // namespace
}  // namespace sluice::collector
