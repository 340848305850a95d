#include "collector/support/executor.h"

#include <atomic>
#include <barrier>
#include <latch>
#include <memory>

#include "gtest/gtest.h"

namespace sluice::collector {
namespace {

TEST(ExecutorTest, RunsTasksInOrderOnOneThread) {
  std::vector<int> seen;
  {
    Executor executor(1);
    for (int i = 0; i < 100; ++i) executor.Run([&seen, i] { seen.push_back(i); });
    executor.Stop();
  }
  ASSERT_EQ(seen.size(), 100);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(seen[i], i);
}

TEST(ExecutorTest, RunsAsManyTasksAtOnceAsItHasThreads) {
  std::barrier all_here(4);
  Executor executor(3);
  // Each waits for the others: with fewer threads this would never end.
  for (int i = 0; i < 3; ++i) executor.Run([&all_here] { all_here.arrive_and_wait(); });
  all_here.arrive_and_wait();
}

TEST(ExecutorTest, RunsTimersByWhenTheyAreDue) {
  Executor executor(1);
  std::vector<int> seen;
  std::latch done(1);
  executor.RunAfter(absl::Milliseconds(20), [&] {
    seen.push_back(2);
    done.count_down();
  });
  executor.RunAfter(absl::Milliseconds(1), [&] { seen.push_back(1); });
  done.wait();
  EXPECT_EQ(seen, (std::vector<int>{1, 2}));
}

TEST(ExecutorTest, ForgetsACancelledTimerAndWhatItHeld) {
  auto alive = std::make_shared<int>(0);
  Executor executor(1);
  Executor::TimerId timer = executor.RunAfter(absl::Hours(1), [alive] {});
  EXPECT_EQ(alive.use_count(), 2);
  executor.Cancel(timer);
  EXPECT_EQ(alive.use_count(), 1);
  executor.Cancel(timer);
}

TEST(ExecutorTest, StopRunsWhatIsQueuedAndForgetsWhatIsForLater) {
  auto alive = std::make_shared<int>(0);
  std::atomic<int> ran = 0;
  Executor executor(2);
  executor.RunAfter(absl::Hours(1), [alive, &ran] { ++ran; });
  for (int i = 0; i < 10; ++i) executor.Run([&ran] { ++ran; });
  executor.Stop();
  EXPECT_EQ(ran, 10);
  EXPECT_EQ(alive.use_count(), 1);
  executor.Run([&ran] { ++ran; });
  EXPECT_EQ(ran, 10);
}

}  // namespace
}  // namespace sluice::collector
