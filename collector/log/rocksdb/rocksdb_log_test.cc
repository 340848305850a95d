// What this engine does beyond the contract of EventLog.
#include "collector/log/rocksdb/rocksdb_log.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"
#include "base/strings.h"
#include "collector/log/rocksdb/testing_directory.h"
#include "collector/log/testing_log.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::collector {
namespace {

using testing::AllTopics;
using testing::AppendAll;
using testing::AppendOne;
using testing::BatchSpec;
using ::testing::HasSubstr;
using testing::Pend;
using testing::ReadAll;
using testing::ReadFrom;
using Outcome = AppendResult::Outcome;

class RocksDbLogTest : public ::testing::Test {
 protected:
  RocksDbLogTest() { options_.data_dir = directory_.path(); }
  RocksDbLog& log() {
    if (log_ == nullptr) Reopen();
    return *log_;
  }
  void Reopen() {
    log_.reset();
    auto log = RocksDbLog::Open(options_, SystemClock());
    ASSERT_TRUE(log.ok()) << log.status();
    log_ = *std::move(log);
  }

  testing::Directory directory_;
  RocksDbOptions options_;
  std::unique_ptr<RocksDbLog> log_;
};

// Holds the log's writer thread inside of a `done` while calls gather, and counts the commits they take.
int CommitsOf(RocksDbLog& log, const std::atomic<int>& commits, int calls) {
  Mutex mutex;
  CondVar changed;
  bool held = false;
  bool released = false;
  int answered = 0;
  log.Append({Pend(BatchSpec{.inode = 1000})}, [&](std::vector<AppendResult>) {
    MutexLock lock(&mutex);
    held = true;
    changed.SignalAll();
    while (!released) changed.Wait(&mutex);
  });
  MutexLock lock(&mutex);
  while (!held) changed.Wait(&mutex);
  const int before = commits;
  for (int i = 0; i < calls; ++i) {
    log.Append({Pend(BatchSpec{.first_offset = static_cast<uint64_t>(1000 * i), .lines = 10, .line_bytes = 100})},
               [&](std::vector<AppendResult>) {
                 MutexLock inner(&mutex);
                 ++answered;
                 changed.SignalAll();
               });
  }
  released = true;
  changed.SignalAll();
  while (answered < calls) changed.Wait(&mutex);
  return commits - before;
}

TEST_F(RocksDbLogTest, CommitsTogetherWhatWaits) {
  std::atomic<int> commits{0};
  options_.on_commit = [&commits](double seconds) {
    EXPECT_GE(seconds, 0);
    ++commits;
  };
  EXPECT_EQ(CommitsOf(log(), commits, 20), 1);
  log_.reset();
}

TEST_F(RocksDbLogTest, BoundsACommit) {
  std::atomic<int> commits{0};
  options_.on_commit = [&commits](double) { ++commits; };
  options_.commit_bytes_max = 3000;  // two of the batches of more than 1,000 bytes
  EXPECT_EQ(CommitsOf(log(), commits, 20), 10);
  log_.reset();
}

TEST_F(RocksDbLogTest, RejectsOneTopicTooMany) {
  options_.topics_max = 3;
  std::vector<PendingBatch> batches;
  for (uint64_t i = 0; i < 5; ++i) batches.push_back(Pend(BatchSpec{.topic = StrCat("t", i), .inode = i}));
  const std::vector<AppendResult> results = AppendAll(log(), std::move(batches));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(results[i].outcome, Outcome::kStored);
  for (int i = 3; i < 5; ++i) {
    EXPECT_EQ(results[i].outcome, Outcome::kRejected);
    EXPECT_EQ(results[i].rejection.code(), absl::StatusCode::kResourceExhausted);
    EXPECT_THAT(results[i].rejection.message(), HasSubstr(StrCat("'t", i, "'")));
  }
  // The others go on, and the rejected files' watermarks have not moved.
  Reopen();
  EXPECT_EQ(AppendOne(log(), {.topic = "t1", .inode = 1, .first_offset = 16}).outcome, Outcome::kStored);
  EXPECT_EQ(AppendOne(log(), {.topic = "t9", .inode = 9}).outcome, Outcome::kRejected);
  EXPECT_EQ(log().Topics().size(), 3u);
  EXPECT_EQ(log().Watermarks("web-1")->size(), 3u);
}

TEST_F(RocksDbLogTest, MakesNoTopicForABatchWithAPartThatIsOneTopicTooMany) {
  options_.topics_max = 3;
  Reopen();
  AppendOne(log(), {.topic = "a", .inode = 1});
  PendingBatch batch = Pend(BatchSpec{.topic = "b", .inode = 2});
  batch.parts.emplace();
  for (const char* topic : {"b", "c", "d"}) {
    const PendingBatch part = Pend(BatchSpec{.topic = topic, .inode = 2});
    batch.parts->push_back({part.bytes, part.view});
  }
  // What follows it in the same commit gets the topics that it would have got.
  const std::vector<AppendResult> results =
      AppendAll(log(), {batch, Pend(BatchSpec{.topic = "x", .inode = 3}), Pend(BatchSpec{.topic = "y", .inode = 4})});
  EXPECT_EQ(results[0].outcome, AppendResult::Outcome::kRejected);
  EXPECT_EQ(results[0].rejection.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(results[1].outcome, AppendResult::Outcome::kStored);
  EXPECT_EQ(results[2].outcome, AppendResult::Outcome::kStored);
  Reopen();
  EXPECT_THAT(testing::Names(ReadFrom(log(), log().Begin())), ::testing::ElementsAre("a:0", "x:0", "y:0"));
}

TEST_F(RocksDbLogTest, ReadsThousandsOfTopicsInOneOrder) {
  constexpr uint64_t kTopics = 3000;
  for (uint64_t round = 0; round < 3; ++round) {
    std::vector<PendingBatch> batches;
    for (uint64_t i = 0; i < kTopics; ++i) {
      batches.push_back(Pend(BatchSpec{.topic = StrCat("t", i), .inode = i, .first_offset = 16 * round}));
    }
    AppendAll(log(), std::move(batches));
  }
  Reopen();
  uint64_t expected = 0;
  for (const StoredBatch& batch : ReadFrom(log(), Position())) {
    ASSERT_EQ(batch.view.topic, StrCat("t", expected % kTopics));
    ASSERT_EQ(batch.view.first_offset, 16 * (expected / kTopics));
    ++expected;
  }
  EXPECT_EQ(expected, 3 * kTopics);
}

TEST_F(RocksDbLogTest, ReadersAtTheHeadDoNotReadFromDisk) {
  std::vector<std::unique_ptr<LogReader>> readers;
  for (int i = 0; i < 1000; ++i) readers.push_back(log().NewReader(log().End(), AllTopics));
  for (uint64_t i = 0; i < 10; ++i) AppendOne(log(), {.first_offset = 1000 * i, .lines = 10, .line_bytes = 100});
  for (const auto& reader : readers) EXPECT_EQ(ReadAll(*reader).size(), 10u);
  EXPECT_EQ(log().disk_reads(), 0u);
  Reopen();
  EXPECT_EQ(ReadFrom(log(), Position()).size(), 10u);
  EXPECT_GT(log().disk_reads(), 0u);
}

TEST_F(RocksDbLogTest, RefusesACursorThatIsAheadOfTheLog) {
  AppendOne(log(), {});
  const Position end = log().End();
  EXPECT_TRUE(log().ParseCursor(log().FormatCursor(end)).ok());
  const auto ahead = log().ParseCursor(log().FormatCursor({end.sequence + 1, 0}));
  EXPECT_EQ(ahead.status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(RocksDbLogTest, MayBeAppendedToFromAnAnswer) {
  Mutex mutex;
  CondVar changed;
  int answered = 0;
  const auto count = [&](std::vector<AppendResult> results) {
    EXPECT_EQ(results[0].outcome, Outcome::kStored);
    MutexLock lock(&mutex);
    ++answered;
    changed.Signal();
  };
  log().Append({Pend(BatchSpec{})}, [&](std::vector<AppendResult> results) {
    log().Append({Pend(BatchSpec{.first_offset = 16})}, count);
    count(std::move(results));
  });
  MutexLock lock(&mutex);
  while (answered < 2) changed.Wait(&mutex);
}

}  // namespace
}  // namespace sluice::collector
