// What was answered is there after any crash, once, with its watermark; what was not answered is there whole or not at
// all.
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "base/strings.h"
#include "base/test_seed.h"
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
using ::testing::ElementsAre;
using testing::Pend;
using testing::ReadFrom;
using Outcome = AppendResult::Outcome;

constexpr uint32_t kFiles = 3;
constexpr uint32_t kLineBytes = 100;

std::unique_ptr<RocksDbLog> OpenLog(const std::string& directory, rocksdb::Env* env = nullptr) {
  RocksDbOptions options;
  options.data_dir = directory;
  options.env = env;
  options.retry_interval = absl::Milliseconds(1);
  auto log = RocksDbLog::Open(options, SystemClock());
  if (!log.ok()) {
    std::fprintf(stderr, "%s\n", log.status().ToString().c_str());
    std::abort();
  }
  return *std::move(log);
}

// The batch number `number` of a file: each has one to ten lines.
BatchSpec NthBatch(uint64_t file, uint64_t offset, uint64_t number) {
  return {.topic = StrCat("t", file % 2),
          .inode = file,
          .first_offset = offset,
          .lines = static_cast<uint32_t>(1 + number % 10),
          .line_bytes = kLineBytes};
}

// Every file's batches follow each other without a gap or a repeat, and its watermark is where they end. Returns the
// ends.
std::vector<uint64_t> CheckAndGetEnds(EventLog& log) {
  std::vector<uint64_t> ends(kFiles, 0);
  for (const StoredBatch& batch : ReadFrom(log, Position())) {
    EXPECT_TRUE(ValidateBatch(batch.view).ok()) << ValidateBatch(batch.view);
    EXPECT_EQ(batch.view.first_offset, ends[batch.view.file.inode]);
    ends[batch.view.file.inode] = batch.view.end_offset;
  }
  std::vector<uint64_t> watermarks(kFiles, 0);
  const auto stored = log.Watermarks("web-1");
  EXPECT_TRUE(stored.ok()) << stored.status();
  for (const v1::FileWatermark& watermark : *stored) watermarks[watermark.file().inode()] = watermark.end_offset();
  EXPECT_EQ(watermarks, ends);
  return ends;
}

// Appends without an end, and says on standard output how far each file is acknowledged.
[[noreturn]] void AppendForEver(const std::string& directory) {
  const std::unique_ptr<RocksDbLog> log = OpenLog(directory);
  std::vector<uint64_t> ends = CheckAndGetEnds(*log);
  Mutex mutex;
  CondVar answered;
  int under_way = 0;
  for (uint64_t number = 0;; ++number) {
    const uint64_t file = number % kFiles;
    PendingBatch batch = Pend(NthBatch(file, ends[file], number));
    const uint64_t end = ends[file] = batch.view.end_offset;
    {
      MutexLock lock(&mutex);
      while (under_way >= 16) answered.Wait(&mutex);
      ++under_way;
    }
    std::vector<PendingBatch> batches;
    batches.push_back(std::move(batch));
    log->Append(std::move(batches), [&, file, end](std::vector<AppendResult> results) {
      if (results[0].outcome != Outcome::kStored) std::abort();
      std::printf("%lu %lu\n", file, end);
      std::fflush(stdout);
      MutexLock lock(&mutex);
      --under_way;
      answered.Signal();
    });
  }
}

TEST(CrashTest, KeepsWhatWasAnsweredWhenItIsKilledAgainAndAgain) {
  const uint64_t seed = TestSeed();
  SCOPED_TRACE(StrCat("SLUICE_SEED=", seed));
  std::mt19937_64 random(seed);
  const testing::Directory directory;
  for (int round = 0; round < 8; ++round) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_addclose(&actions, ends[0]);
    std::string self = "/proc/self/exe";
    std::string flag = "--append-to";
    std::string path = directory.path();
    char* arguments[] = {self.data(), flag.data(), path.data(), nullptr};
    pid_t child = 0;
    ASSERT_EQ(posix_spawn(&child, self.c_str(), &actions, nullptr, arguments, environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);

    // Killed after some number of answers, at any point of what it does next; then what it still said counts, too.
    std::vector<uint64_t> acknowledged(kFiles, 0);
    std::FILE* const answers = fdopen(ends[0], "r");
    uint64_t left = 1 + random() % 300;
    unsigned long file = 0;
    unsigned long end = 0;
    while (std::fscanf(answers, "%lu %lu\n", &file, &end) == 2) {
      acknowledged[file] = end;
      if (--left == 0) kill(child, SIGKILL);
    }
    std::fclose(answers);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << status;

    const std::vector<uint64_t> stored = CheckAndGetEnds(*OpenLog(directory.path()));
    for (uint64_t f = 0; f < kFiles; ++f) EXPECT_GE(stored[f], acknowledged[f]);
  }
}

TEST(CrashTest, KeepsWhatWasAnsweredWhenThePowerGoes) {
  const uint64_t seed = TestSeed();
  SCOPED_TRACE(StrCat("SLUICE_SEED=", seed));
  std::mt19937_64 random(seed);
  const testing::Directory directory;
  testing::FaultyEnv env;
  for (int round = 0; round < 10; ++round) {
    std::unique_ptr<RocksDbLog> log = OpenLog(directory.path(), env.env.get());
    std::vector<uint64_t> sent = CheckAndGetEnds(*log);
    Mutex mutex;
    std::vector<uint64_t> acknowledged(kFiles, 0);
    const uint64_t batches = 1 + random() % 100;
    for (uint64_t number = 0; number < 2 * batches; ++number) {
      const uint64_t file = number % kFiles;
      PendingBatch batch = Pend(NthBatch(file, sent[file], number));
      const uint64_t end = sent[file] = batch.view.end_offset;
      if (number == batches) env.files->CutPower();
      log->Append({std::move(batch)}, [&, file, end](std::vector<AppendResult> results) {
        MutexLock lock(&mutex);
        if (results[0].outcome == Outcome::kStored) acknowledged[file] = end;
      });
    }
    log.reset();
    env.files->Restore();
    const std::vector<uint64_t> stored = CheckAndGetEnds(*OpenLog(directory.path(), env.env.get()));
    MutexLock lock(&mutex);
    for (uint64_t f = 0; f < kFiles; ++f) EXPECT_GE(stored[f], acknowledged[f]);
  }
}

// The write is on disk, but nobody knows: it must count once, whatever comes next.
TEST(CrashTest, CountsAWriteOnceWhoseSyncFailed) {
  const testing::Directory directory;
  testing::FaultyEnv env;
  std::unique_ptr<RocksDbLog> log = OpenLog(directory.path(), env.env.get());
  const auto reader = log->NewReader(Position(), testing::AllTopics);
  EXPECT_EQ(AppendOne(*log, NthBatch(0, 0, 0)).outcome, Outcome::kStored);
  env.files->FailSync(".log");
  EXPECT_NE(AppendOne(*log, NthBatch(0, kLineBytes, 0)).outcome, Outcome::kRejected);
  EXPECT_EQ(AppendOne(*log, NthBatch(0, 2 * kLineBytes, 0)).outcome, Outcome::kStored);
  EXPECT_EQ(AppendOne(*log, NthBatch(1, 0, 0)).outcome, Outcome::kStored);
  EXPECT_THAT(testing::Names(testing::ReadAll(*reader)), ElementsAre("t0:0", "t0:100", "t0:200", "t1:0"));
  EXPECT_THAT(CheckAndGetEnds(*log), ElementsAre(300u, 100u, 0u));
  log.reset();
  EXPECT_THAT(CheckAndGetEnds(*OpenLog(directory.path())), ElementsAre(300u, 100u, 0u));
}

}  // namespace
}  // namespace sluice::collector

int main(int argc, char** argv) {
  if (argc == 3 && std::string(argv[1]) == "--append-to") sluice::collector::AppendForEver(argv[2]);
  ::testing::InitGoogleMock(&argc, argv);
  return RUN_ALL_TESTS();
}
