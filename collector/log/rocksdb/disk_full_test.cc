// What the log does while it cannot write: it waits, says so, acknowledges nothing, and goes on by itself.
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "collector/log/rocksdb/rocksdb_log.h"
#include "collector/log/rocksdb/testing_directory.h"
#include "collector/log/rocksdb/testing_file_system.h"
#include "collector/log/testing_log.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::collector {
namespace {

using testing::AppendOne;
using testing::BatchSpec;
using ::testing::HasSubstr;
using testing::Pend;
using testing::ReadFrom;
using Outcome = AppendResult::Outcome;

// Collects the answers to calls.
class Answers {
 public:
  EventLog::AppendDone Next() {
    return [this](std::vector<AppendResult> results) {
      MutexLock lock(&mutex_);
      for (AppendResult& result : results) results_.push_back(std::move(result));
      changed_.SignalAll();
    };
  }
  std::vector<AppendResult> WaitFor(size_t count) {
    MutexLock lock(&mutex_);
    while (results_.size() < count) changed_.Wait(&mutex_);
    return results_;
  }
  size_t count() {
    MutexLock lock(&mutex_);
    return results_.size();
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  std::vector<AppendResult> results_ ABSL_GUARDED_BY(mutex_);
};

class DiskFullTest : public ::testing::Test {
 protected:
  DiskFullTest() {
    options_.data_dir = directory_.path();
    options_.env = env_.env.get();
    options_.retry_interval = absl::Milliseconds(1);
    options_.space = [this]() -> absl::StatusOr<RocksDbOptions::Space> {
      ++looks_;
      return RocksDbOptions::Space{free_bytes_, uint64_t{1} << 40};
    };
    Reopen();
  }

  void Reopen() {
    log_.reset();
    auto log = RocksDbLog::Open(options_, &clock_);
    ASSERT_TRUE(log.ok()) << log.status();
    log_ = *std::move(log);
  }

  // Polls something that another thread changes.
  template <typename Condition>
  void WaitUntil(Condition condition) {
    Mutex mutex;
    CondVar never;
    MutexLock lock(&mutex);
    while (!condition()) never.WaitWithTimeout(&mutex, absl::Milliseconds(1));
  }

  testing::Directory directory_;
  testing::FaultyEnv env_;
  SimulatedClock clock_;
  std::atomic<uint64_t> free_bytes_{uint64_t{1} << 30};
  std::atomic<int> looks_{0};
  RocksDbOptions options_;
  std::unique_ptr<RocksDbLog> log_;
};

TEST_F(DiskFullTest, WaitsWhileThereIsTooLittleSpaceAndGoesOnByItself) {
  free_bytes_ = uint64_t{12} << 20;
  Answers answers;
  log_->Append({Pend(BatchSpec{})}, answers.Next());
  WaitUntil([this] { return looks_ > 3; });
  EXPECT_EQ(answers.count(), 0u);
  EXPECT_EQ(log_->Health().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(log_->Health().message(), HasSubstr("12 MiB free"));
  EXPECT_THAT(log_->Health().message(), HasSubstr(directory_.path()));
  EXPECT_EQ(ReadFrom(*log_, Position()).size(), 0u);

  free_bytes_ = uint64_t{1} << 30;
  EXPECT_EQ(answers.WaitFor(1)[0].outcome, Outcome::kStored);
  EXPECT_TRUE(log_->Health().ok());
  EXPECT_EQ(ReadFrom(*log_, Position()).size(), 1u);
}

TEST_F(DiskFullTest, RefusesWhatItCouldNotWriteWhenItStops) {
  free_bytes_ = 0;
  Answers answers;
  log_->Append({Pend(BatchSpec{}), Pend(BatchSpec{.first_offset = 16})}, answers.Next());
  log_->Append({Pend(BatchSpec{.first_offset = 32})}, answers.Next());
  log_->Stop();
  for (const AppendResult& result : answers.WaitFor(3)) {
    EXPECT_EQ(result.outcome, Outcome::kRejected);
    EXPECT_EQ(result.rejection.code(), absl::StatusCode::kUnavailable);
  }
  Reopen();
  EXPECT_EQ(ReadFrom(*log_, Position()).size(), 0u);
}

// Else the second batch would leave a gap in its file for ever.
TEST_F(DiskFullTest, RefusesAlsoWhatComesBehindARefusalThoughThereIsRoomAgain) {
  options_.commit_bytes_max = 1;  // each call is written by itself
  Reopen();
  free_bytes_ = 0;
  Answers answers;
  log_->Append({Pend(BatchSpec{})}, [this, next = answers.Next()](std::vector<AppendResult> results) {
    free_bytes_ = uint64_t{1} << 30;
    next(std::move(results));
  });
  log_->Append({Pend(BatchSpec{.first_offset = 16})}, answers.Next());
  WaitUntil([this] { return looks_ > 0; });
  log_->Stop();
  for (const AppendResult& result : answers.WaitFor(2)) EXPECT_EQ(result.outcome, Outcome::kRejected);
  Reopen();
  EXPECT_EQ(ReadFrom(*log_, Position()).size(), 0u);
}

TEST_F(DiskFullTest, SurvivesAWriteAheadLogThatCannotGrow) {
  EXPECT_EQ(AppendOne(*log_, {}).outcome, Outcome::kStored);
  env_.files->Fill(".log");
  Answers answers;
  log_->Append({Pend(BatchSpec{.first_offset = 16})}, answers.Next());
  log_->Append({Pend(BatchSpec{.first_offset = 32})}, answers.Next());
  WaitUntil([this] { return env_.files->refused() > 3; });
  EXPECT_EQ(answers.count(), 0u);
  EXPECT_FALSE(log_->Health().ok());
  EXPECT_EQ(ReadFrom(*log_, Position()).size(), 1u);

  env_.files->Free();
  for (const AppendResult& result : answers.WaitFor(2)) EXPECT_EQ(result.outcome, Outcome::kStored);
  EXPECT_TRUE(log_->Health().ok());
  Reopen();
  EXPECT_EQ(ReadFrom(*log_, Position()).size(), 3u);
  EXPECT_EQ(AppendOne(*log_, {.first_offset = 32}).outcome, Outcome::kDuplicate);
}

TEST_F(DiskFullTest, LosesNothingIfItIsKilledWhileTheDiskIsFull) {
  EXPECT_EQ(AppendOne(*log_, {}).outcome, Outcome::kStored);
  env_.files->Fill("");
  Answers answers;
  log_->Append({Pend(BatchSpec{.first_offset = 16})}, answers.Next());
  WaitUntil([this] { return env_.files->refused() > 3; });
  env_.files->CutPower();
  log_.reset();
  env_.files->Restore();
  env_.files->Free();
  Reopen();
  EXPECT_EQ(answers.WaitFor(1)[0].outcome, Outcome::kRejected);
  EXPECT_EQ(ReadFrom(*log_, Position()).size(), 1u);
  EXPECT_EQ(AppendOne(*log_, {.first_offset = 16}).outcome, Outcome::kStored);
}

TEST_F(DiskFullTest, TellsThatThereIsNoRoomToOpenIt) {
  env_.files->CutPower();
  log_.reset();
  env_.files->Restore();
  env_.files->Fill("");
  const absl::Status full = RocksDbLog::Open(options_, &clock_).status();
  EXPECT_EQ(full.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(full.message(), HasSubstr(directory_.path()));
}

// A flush in the background that fails stops RocksDB's writes, too.
TEST_F(DiskFullTest, SurvivesTablesThatCannotBeWritten) {
  const BatchSpec large = {.lines = 4096, .line_bytes = 1024};
  env_.files->Fill(".sst");
  Answers answers;
  size_t sent = 0;
  BatchSpec next = large;
  while (env_.files->refused() < 3 && sent < 40) {
    log_->Append({Pend(next)}, answers.Next());
    next.first_offset += uint64_t{next.lines} * next.line_bytes;
    ++sent;
  }
  WaitUntil([this] { return env_.files->refused() >= 3; });
  env_.files->Free();
  for (const AppendResult& result : answers.WaitFor(sent)) EXPECT_EQ(result.outcome, Outcome::kStored);
  Reopen();
  EXPECT_EQ(ReadFrom(*log_, Position()).size(), sent);
}

}  // namespace
}  // namespace sluice::collector
