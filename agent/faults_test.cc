// A disk that fails under the tailer and the checkpoint: nothing is lost, nothing is repeated.
#include <string>
#include <vector>

#include "agent/testing/test_host.h"
#include "base/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::agent {
namespace {

using ::testing::ElementsAre;
using Crash = FaultyFileSystem::Crash;

// Lines, rotations and checkpoints; `checkpoints` counts those that were written.
void Live(TestHost& host, std::vector<std::string>* lines) {
  for (int round = 0; round < 4; ++round) {
    for (int i = 0; i < 3; ++i) {
      lines->push_back("line " + std::to_string(lines->size()));
      host.Append("app.log", lines->back() + "\n");
    }
    host.Settle();
    host.SaveCheckpoint();
    if (host.files().crashed()) return;
    if (round == 1) {
      host.Rename("app.log", "app.log.1");
    } else if (round == 2) {
      host.Copy("app.log", "app.log.2");
      host.Truncate("app.log");
    }
  }
}

int CountWrites() {
  TestHost host;
  std::vector<std::string> lines;
  host.StartAgent();
  host.files().CrashAt(1'000'000, Crash::kLost);
  Live(host, &lines);
  return host.files().operations();
}

TEST(FaultsTest, NeitherLosesNorRepeatsWhereverItCrashes) {
  const int writes = CountWrites();
  EXPECT_GE(writes, 8);
  for (Crash how : {Crash::kLost, Crash::kTorn, Crash::kDone}) {
    for (bool is_silent : {false, true}) {  // the checkpoint alone must do, too
      for (int operation = 0; operation < writes; ++operation) {
        TestHost host;
        if (is_silent) host.collector().KeepSilent();
        std::vector<std::string> lines;
        host.StartAgent();
        host.files().CrashAt(operation, how);
        Live(host, &lines);
        ASSERT_TRUE(host.files().crashed());
        host.KillAgent();
        host.files().Restart();
        lines.push_back("after the crash");
        host.Append("app.log", "after the crash\n");
        host.StartAgent();
        host.SettleAll();
        ASSERT_EQ(host.collector().LinesOf("source"), lines)
            << "operation " << operation << ", how " << static_cast<int>(how) << ", silent " << is_silent;
      }
    }
  }
}

TEST(FaultsTest, GoesOnWhileTheStateDirectoryIsFullAndSavesWhenItIsNot) {
  TestHost host;
  host.StartAgent();
  host.Append("a.log", "1\n");
  host.Settle();
  EXPECT_TRUE(host.SaveCheckpoint());
  host.files().FailWrites(ResourceExhausted("write: No space left on device"));
  host.Append("a.log", "2\n");
  host.Settle();
  EXPECT_FALSE(host.SaveCheckpoint());
  host.KillAgent();
  host.StartAgent();
  host.Append("a.log", "3\n");
  host.Settle();
  host.files().FailWrites(absl::OkStatus());
  EXPECT_TRUE(host.SaveCheckpoint());
  EXPECT_THAT(host.collector().LinesOf("source"), ElementsAre("1", "2", "3"));
}

TEST(FaultsTest, ReadsOnAfterErrorsOfTheDisk) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    TestHost host;
    host.StartAgent();
    std::vector<std::string> lines;
    host.files().FailReads(30, seed);
    for (int i = 0; i < 20; ++i) {
      lines.push_back(std::to_string(i));
      host.Append("a.log", lines.back() + "\n");
      host.Settle();
      host.clock().Advance(6'000'000'000);  // it is tried again every five seconds
    }
    host.files().FailReads(0, 0);
    host.SettleAll();
    ASSERT_EQ(host.collector().LinesOf("source"), lines) << "seed " << seed;
    EXPECT_TRUE(host.metrics().Losses().empty());
  }
}

TEST(PollingTest, IsChosenWhereTheFileSystemDoesNotTell) {
  TestHost host;
  host.files().MakeUnwatchable("nfs");
  host.Append("a.log", "1\n");
  host.StartAgent();
  host.Settle();
  EXPECT_EQ(host.metrics().directories_polled.Value(), 1);
  EXPECT_EQ(host.metrics().directories_watched.Value(), 0);
  host.Append("a.log", "2\n");
  host.Settle();
  EXPECT_THAT(host.collector().LinesOf("source"), ElementsAre("1"));
  host.clock().Advance(1'100'000'000);
  host.Settle();
  EXPECT_THAT(host.collector().LinesOf("source"), ElementsAre("1", "2"));
}

TEST(PollingTest, IsDoneAsOftenAsTheSourceSays) {
  TestHost::Options options;
  options.source.watch = WatchMode::kPoll;
  options.source.poll_interval = absl::Seconds(10);
  TestHost host(options);
  host.Append("a.log", "1\n");
  host.StartAgent();
  host.Settle();
  EXPECT_EQ(host.metrics().directories_watched.Value(), 0);
  host.Append("a.log", "2\n");
  host.clock().Advance(9'000'000'000);
  host.Settle();
  EXPECT_THAT(host.collector().LinesOf("source"), ElementsAre("1"));
  host.clock().Advance(1'100'000'000);
  host.Settle();
  EXPECT_THAT(host.collector().LinesOf("source"), ElementsAre("1", "2"));
}

TEST(PollingTest, IsNotDoneWhereInotifyIsAskedFor) {
  TestHost::Options options;
  options.source.watch = WatchMode::kInotify;
  TestHost host(options);
  host.files().MakeUnwatchable("fuse");
  host.StartAgent();
  host.Settle();
  EXPECT_EQ(host.metrics().directories_watched.Value(), 1);
  host.Append("a.log", "1\n");
  host.Settle();
  EXPECT_THAT(host.collector().LinesOf("source"), ElementsAre("1"));
}

}  // namespace
}  // namespace sluice::agent
