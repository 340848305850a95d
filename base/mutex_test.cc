// Most worth under ThreadSanitizer: bazel test --config=tsan //base:mutex_test
#include "base/mutex.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace sluice {
namespace {

class Counter {
 public:
  void Add() {
    MutexLock lock(&mutex_);
    ++count_;
  }
  int count() {
    MutexLock lock(&mutex_);
    return count_;
  }

 private:
  Mutex mutex_;
  int count_ ABSL_GUARDED_BY(mutex_) = 0;
};

TEST(MutexTest, OneThreadAtATime) {
  Counter counter;
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&counter] {
      for (int i = 0; i < 10'000; ++i) counter.Add();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(counter.count(), 40'000);
}

// A slot for one number, handed over between two threads.
class Slot {
 public:
  void Put(int value) {
    MutexLock lock(&mutex_);
    while (full_) changed_.Wait(&mutex_);
    value_ = value;
    full_ = true;
    changed_.SignalAll();
  }
  int Take() {
    MutexLock lock(&mutex_);
    while (!full_) changed_.WaitWithTimeout(&mutex_, absl::Seconds(1));
    full_ = false;
    changed_.SignalAll();
    return value_;
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  bool full_ ABSL_GUARDED_BY(mutex_) = false;
  int value_ ABSL_GUARDED_BY(mutex_) = 0;
};

TEST(CondVarTest, HandsOverBetweenThreads) {
  Slot slot;
  std::thread producer([&slot] {
    for (int i = 0; i < 2000; ++i) slot.Put(i);
  });
  for (int i = 0; i < 2000; ++i) EXPECT_EQ(slot.Take(), i);
  producer.join();
}

TEST(CondVarTest, SaysWhenTheTimeRanOut) {
  Mutex mutex;
  CondVar never;
  MutexLock lock(&mutex);
  bool timed_out = false;
  while (!timed_out) timed_out = never.WaitWithTimeout(&mutex, absl::Milliseconds(1));
  mutex.AssertHeld();
}

}  // namespace
}  // namespace sluice
