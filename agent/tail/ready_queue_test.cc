#include "agent/tail/ready_queue.h"

#include <map>

#include "gtest/gtest.h"

namespace sluice::agent {
namespace {

int64_t AtOnce(TailedFile*) { return 0; }

TEST(ReadyQueueTest, FilesHaveTheirTurnsInOrderAndStandInItOnce) {
  ReadyQueue queue;
  TailedFile a, b;
  queue.Push(&a);
  queue.Push(&b);
  queue.Push(&a);
  EXPECT_EQ(queue.Pop(0, false, AtOnce), &a);
  queue.Push(&a);
  EXPECT_EQ(queue.Pop(0, false, AtOnce), &b);
  EXPECT_EQ(queue.Pop(0, false, AtOnce), &a);
  EXPECT_EQ(queue.Pop(0, false, AtOnce), nullptr);
  EXPECT_TRUE(queue.empty());
}

TEST(ReadyQueueTest, ALiveFileGoesBeforeAThousandWithABacklog) {
  ReadyQueue queue;
  std::vector<TailedFile> backlog(1000);
  for (TailedFile& file : backlog) {
    file.backlog = true;
    queue.Push(&file);
  }
  TailedFile live;
  queue.Push(&live);
  EXPECT_EQ(queue.Pop(0, false, AtOnce), &live);
  EXPECT_EQ(queue.Pop(0, false, AtOnce), &backlog[0]);
  EXPECT_EQ(queue.Pop(0, /*live_only=*/true, AtOnce), nullptr);
  queue.Push(&live);
  EXPECT_EQ(queue.Pop(0, /*live_only=*/true, AtOnce), &live);
}

TEST(ReadyQueueTest, WhileBothWaitLiveFilesGetThreeQuarters) {
  ReadyQueue queue;
  TailedFile live, backlog;
  backlog.backlog = true;
  std::map<TailedFile*, uint64_t> served;
  queue.Push(&live);
  queue.Push(&backlog);
  for (int i = 0; i < 4000; ++i) {
    TailedFile* file = queue.Pop(0, false, AtOnce);
    const bool is_live = file == &live;
    queue.Push(file);
    const uint64_t bytes = is_live ? 200'000 : 1 << 20;
    served[file] += bytes;
    queue.Served(is_live, bytes);
  }
  const double share = static_cast<double>(served[&live]) / static_cast<double>(served[&live] + served[&backlog]);
  EXPECT_NEAR(share, 0.75, 0.01);
}

TEST(ReadyQueueTest, LiveFilesSaveUpNoTurnsWhileTheyAreAlone) {
  ReadyQueue queue;
  TailedFile live, backlog;
  backlog.backlog = true;
  for (int i = 0; i < 100; ++i) {
    queue.Push(&live);
    ASSERT_EQ(queue.Pop(0, false, AtOnce), &live);
    queue.Served(true, 1 << 20);
  }
  queue.Push(&backlog);
  queue.Push(&live);
  EXPECT_EQ(queue.Pop(0, false, AtOnce), &live) << "what it read alone is not counted against it";
}

TEST(ReadyQueueTest, WhatMayNotBeReadIsAskedForOnceAndNotAtEveryTurn) {
  ReadyQueue queue;
  std::vector<TailedFile> held(1000);
  for (TailedFile& file : held) queue.Push(&file);
  int asked = 0;
  int64_t allowed = 500;
  auto allowed_at = [&](TailedFile*) {
    ++asked;
    return allowed;
  };
  for (int i = 0; i < 10; ++i) EXPECT_EQ(queue.Pop(i, false, allowed_at), nullptr);
  EXPECT_EQ(asked, 1000);
  EXPECT_EQ(queue.next_allowed(), 500);
  EXPECT_EQ(queue.Pop(500, false, allowed_at), &held[0]) << "the order stays";
  EXPECT_EQ(queue.Pop(500, false, allowed_at), &held[1]);
}

TEST(ReadyQueueTest, WhatWaitsForSomethingToHappenIsTakenBackWhenItDid) {
  ReadyQueue queue;
  TailedFile first, second;
  queue.Push(&first);
  bool may = false;
  auto allowed_at = [&](TailedFile* file) { return file == &first && !may ? ReadyQueue::kNever : 0; };
  EXPECT_EQ(queue.Pop(1, false, allowed_at), nullptr);
  EXPECT_EQ(queue.next_allowed(), ReadyQueue::kNever);
  may = true;
  EXPECT_EQ(queue.Pop(2, false, allowed_at), nullptr);
  queue.Push(&second);
  queue.Reconsider();
  EXPECT_EQ(queue.Pop(3, false, allowed_at), &first);
  EXPECT_EQ(queue.Pop(3, false, allowed_at), &second);
}

TEST(ReadyQueueTest, RemovesAFileWhereverItStands) {
  ReadyQueue queue;
  TailedFile live, aside, backlog;
  backlog.backlog = true;
  queue.Push(&aside);
  EXPECT_EQ(queue.Pop(0, false, [](TailedFile*) { return ReadyQueue::kNever; }), nullptr);
  queue.Push(&live);
  queue.Push(&backlog);
  int count = 0;
  queue.ForEach([&](TailedFile*) { ++count; });
  EXPECT_EQ(count, 3);
  for (TailedFile* file : {&live, &aside, &backlog}) queue.Remove(file);
  EXPECT_TRUE(queue.empty());
  EXPECT_FALSE(live.queued);
}

}  // namespace
}  // namespace sluice::agent
