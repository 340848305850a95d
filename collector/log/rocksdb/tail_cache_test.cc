#include "collector/log/rocksdb/tail_cache.h"

#include <memory>
#include <string>

#include "collector/log/testing_batches.h"
#include "gtest/gtest.h"

namespace sluice::collector {
namespace {

std::shared_ptr<const CommittedBatches> MakeCommit(uint64_t first_sequence, size_t batches) {
  auto commit = std::make_shared<CommittedBatches>();
  for (size_t i = 0; i < batches; ++i) {
    PendingBatch batch = testing::Pend(testing::BatchSpec{});
    commit->batches.push_back({first_sequence + i, 0, std::move(batch.bytes), batch.view});
    commit->topics.push_back(0);
  }
  return commit;
}

TEST(TailCacheTest, BeginsAndEndsWhereTheLogEnded) {
  const TailCache tail(1 << 20, 7);
  EXPECT_EQ(tail.end(), 7u);
  EXPECT_EQ(tail.From(7).begin, 7u);
  EXPECT_EQ(tail.From(7).end, 7u);
  EXPECT_TRUE(tail.From(7).commits.empty());
}

TEST(TailCacheTest, GivesTheCommitsFromASequenceOn) {
  TailCache tail(1 << 20, 1);
  tail.Push(MakeCommit(1, 3));
  tail.Push(MakeCommit(4, 1));
  tail.Push(MakeCommit(10, 2));  // sequences need not be dense
  EXPECT_EQ(tail.From(1).commits.size(), 3u);
  EXPECT_EQ(tail.From(3).commits.size(), 3u);
  EXPECT_EQ(tail.From(4).commits.size(), 2u);
  EXPECT_EQ(tail.From(5).commits.size(), 1u);
  EXPECT_EQ(tail.From(11).commits.size(), 1u);
  EXPECT_TRUE(tail.From(12).commits.empty());
  EXPECT_EQ(tail.end(), 12u);
}

TEST(TailCacheTest, LetsTheOldestGoBeyondItsBytes) {
  TailCache tail(4 * 1024, 1);
  for (uint64_t sequence = 1; sequence <= 100; ++sequence) tail.Push(MakeCommit(sequence, 1));
  const uint64_t begin = tail.From(0).begin;
  EXPECT_GT(begin, 80u);
  EXPECT_LT(begin, 101u);
  EXPECT_TRUE(tail.From(begin - 1).commits.empty());
  EXPECT_EQ(tail.From(begin).commits.size(), 101 - begin);
}

TEST(TailCacheTest, KeepsNothingWithoutRoom) {
  TailCache tail(0, 1);
  tail.Push(MakeCommit(1, 3));
  EXPECT_EQ(tail.From(0).begin, 4u);
  EXPECT_EQ(tail.From(0).end, 4u);
}

TEST(TailCacheTest, KeepsWhatAReaderHolds) {
  TailCache tail(4 * 1024, 1);
  tail.Push(MakeCommit(1, 1));
  const TailCache::View view = tail.From(1);
  for (uint64_t sequence = 2; sequence <= 100; ++sequence) tail.Push(MakeCommit(sequence, 1));
  EXPECT_EQ(view.commits[0]->batches[0].view.topic, "app");
}

TEST(TailCacheTest, GoesOnElsewhereAfterAReset) {
  TailCache tail(1 << 20, 1);
  tail.Push(MakeCommit(1, 3));
  tail.Reset(9);
  EXPECT_EQ(tail.From(1).begin, 9u);
  tail.Push(MakeCommit(9, 1));
  EXPECT_EQ(tail.From(9).commits.size(), 1u);
  EXPECT_EQ(tail.end(), 10u);
}

}  // namespace
}  // namespace sluice::collector
