// Generations come once and in order, each cause on its own of what rotation_model_test.cc finds at random.
#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "agent/testing/numbered_lines.h"
#include "agent/testing/test_host.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::agent {
namespace {

using ::testing::ElementsAre;

// A message, and what may be under way, are no more than a few lines.
TestHost::Options WithSmallReads() {
  TestHost::Options options = WithArchives();
  options.tailer.message_bytes = 1000;
  options.tailer.window_bytes = 4000;
  options.tailer.reader.max_line_bytes = 1024;
  options.tailer.reader.chunk_bytes = 4096;
  return options;
}

// What a compressor leaves.
void Compress(TestHost& host, const std::string& name) {
  const std::string packed = name + ".gz";
  host.Compress(name, packed);
  std::filesystem::last_write_time(host.Path(packed), std::filesystem::last_write_time(host.Path(name)));
  host.Delete(name);
}

// "0-99 100-109": the lines that came, in their order.
std::string Came(TestHost& host) {
  std::string came;
  int first = -1;
  int last = -1;
  auto end_run = [&] { came += first < 0 ? "" : std::to_string(first) + "-" + std::to_string(last) + " "; };
  for (const std::string& line : host.collector().LinesOf("source")) {
    const int number = std::atoi(line.c_str() + 5);
    if (number != last + 1 || first < 0) end_run(), first = number;
    last = number;
  }
  end_run();
  return came;
}

std::string Describe(TestHost& host) {
  std::string all;
  host.tracker().table().ForEach([&](const TailedFile* file) {
    all += file->path + " was " + file->last_path + " read to " + std::to_string(file->read.offset) + " of " +
           std::to_string(file->size) + (file->is_pending ? " pending" : "") + (file->resolved ? "" : " unresolved") +
           (file->waiting ? " waiting" : "") + (file->original != nullptr ? " for another" : "") +
           (file->queued ? " queued" : "") + (file->at_end ? " at its end" : "") + "\n";
  });
  return all;
}

void ExpectNumbered(TestHost& host, int count) {
  EXPECT_EQ(Came(host), "0-" + std::to_string(count - 1) + " ") << Describe(host);
  for (const auto& [reason, bytes] : host.metrics().Losses()) EXPECT_EQ(bytes, 0) << reason;
}

class FirstLookTest : public ::testing::TestWithParam<bool> {};

TEST_P(FirstLookTest, WhatIsCompressedMeanwhileComesInItsTurn) {
  for (int moment = 0; moment < 100; ++moment) {
    TestHost::Options options = WithArchives();
    options.inotify = GetParam();
    TestHost host(options);
    host.Append("app.log-2026112801", NumberedText(0, 100));
    host.Append("app.log-2026112802", NumberedText(100, 100));
    host.Append("app.log", NumberedText(200, 100));
    host.StartAgent();
    host.collector().Connect();
    int operation = 0;
    host.files().Meanwhile([&] {
      if (operation++ == moment) Compress(host, "app.log-2026112802");
    });
    host.Work();
    host.files().Meanwhile(nullptr);
    if (operation <= moment) break;  // there are no more
    host.SettleAll();
    ExpectNumbered(host, 300);
    ASSERT_FALSE(::testing::Test::HasFailure()) << "compressed in front of operation " << moment;
  }
}

TEST_P(FirstLookTest, WhatIsRotatedMeanwhileComesInItsTurn) {
  for (int moment = 0; moment < 100; ++moment) {
    TestHost::Options options = WithArchives();
    options.inotify = GetParam();
    TestHost host(options);
    host.Append("app.log.1", NumberedText(0, 100));
    host.Append("app.log", NumberedText(100, 100));
    host.StartAgent();
    host.collector().Connect();
    int operation = 0;
    host.files().Meanwhile([&] {
      if (operation++ != moment) return;
      Compress(host, "app.log.1");
      host.Rename("app.log.1.gz", "app.log.2.gz");
      host.Rename("app.log", "app.log.1");
      host.Append("app.log", NumberedText(200, 100));
    });
    host.Work();
    host.files().Meanwhile(nullptr);
    if (operation <= moment) break;  // there are no more
    host.SettleAll();
    ExpectNumbered(host, 300);
    ASSERT_FALSE(::testing::Test::HasFailure()) << "rotated in front of operation " << moment;
  }
}

INSTANTIATE_TEST_SUITE_P(, FirstLookTest, ::testing::Bool(),
                         [](const auto& info) { return info.param ? "Watched" : "Polled"; });

TEST(RotationOrderTest, ARotatedFileIsReadToItsEndBeforeTheNewOneHoweverMuchThatIs) {
  TestHost host(WithSmallReads());
  host.StartAgent();
  host.Append("app.log", NumberedText(0, 10));
  host.Settle();
  host.Append("app.log", NumberedText(10, 2000));
  host.Rename("app.log", "app.log.1");
  host.Append("app.log", NumberedText(2010, 10));
  host.SettleAll();
  ExpectNumbered(host, 2020);
}

// The agent has read ten lines of a file that was renamed since, and a new one was made.
void StartWithARotatedFile(TestHost* host) {
  host->StartAgent();
  host->Append("app.log", NumberedText(0, 10));
  host->Settle();
  host->Rename("app.log", "app.log.1");
  host->Append("app.log", "");
}

TEST(RotationOrderTest, WhatIsAddedToARotatedFileComesBeforeTheNewOne) {
  int operations = 100;
  for (int moment = 0; moment < operations; ++moment) {
    TestHost host;
    StartWithARotatedFile(&host);
    operations = 0;
    host.files().Meanwhile([&] {
      if (operations++ != moment) return;
      host.Append("app.log.1", NumberedText(10, 10));  // the daemon opens its new log only now
      host.Append("app.log", NumberedText(20, 10));
    });
    host.Work();
    host.files().Meanwhile(nullptr);
    if (moment >= operations) break;
    host.SettleAll();
    ExpectNumbered(host, 30);
    ASSERT_FALSE(::testing::Test::HasFailure()) << "in front of operation " << moment;
  }
}

TEST(RotationOrderTest, WhatIsAddedLateComesFirstThoughItsSizeWasLookedAtMeanwhile) {
  TestHost host;
  StartWithARotatedFile(&host);
  host.Settle();
  host.SetSourceLimit("source", {.bytes_per_second = 1});
  host.Append("app.log.1", NumberedText(10, 1));
  host.Settle();  // the limit is overdrawn: nothing is read for a while
  host.Truncate("app.log");
  host.Work();                                     // it stands in the queue first
  host.Append("app.log.1", NumberedText(11, 10));  // the daemon opens its new log only now
  host.Append("app.log", NumberedText(21, 10));
  host.Work();
  host.tracker().UpdateGauges();
  host.clock().Advance(int64_t{1000} * 1'000'000'000);
  host.SetSourceLimit("source", {});
  host.SettleAll();
  ExpectNumbered(host, 31);
}

TEST(RotationOrderTest, WhatIsAddedLateComesFirstThoughItTakesManyReads) {
  TestHost host(WithSmallReads());
  host.StartAgent();
  host.Append("app.log", NumberedText(0, 10));
  host.Rename("app.log", "app.log.1");
  host.Settle();
  host.Append("app.log.1", NumberedText(10, 2000));  // whoever writes was slow to open its new log
  host.Append("app.log", NumberedText(2010, 2000));
  host.SettleAll();
  ExpectNumbered(host, 4010);
}

TEST(RotationOrderTest, LateLinesOfTheGenerationBeforeAnEmptyOneComeFirst) {
  TestHost host;
  host.StartAgent();
  host.Append("app.log", NumberedText(0, 10));
  host.Settle();
  for (const char* from : {"app.log.1", "app.log"}) {  // twice, and nobody wrote between
    host.Rename("app.log", "app.log.1");
    host.Append("app.log", "");
    if (from == std::string("app.log.1")) host.Rename("app.log.1", "app.log.2");
  }
  host.Settle();
  host.Append("app.log.2", NumberedText(10, 10));
  host.Append("app.log", NumberedText(20, 10));
  host.SettleAll();
  ExpectNumbered(host, 30);
}

TEST(RotationOrderTest, TwoRotationsBetweenTwoPolls) {
  TestHost::Options options;
  options.inotify = false;
  TestHost host(options);
  host.StartAgent();
  host.Append("app.log", NumberedText(0, 10));
  host.SettleAll();
  host.Append("app.log", NumberedText(10, 10));
  for (int round = 0; round < 2; ++round) {
    if (round > 0) host.Rename("app.log.1", "app.log.2");
    host.Rename("app.log", "app.log.1");
    host.Append("app.log", NumberedText(20 + 10 * round, 10));
  }
  host.SettleAll();
  ExpectNumbered(host, 40);
}

TEST(RotationOrderTest, OlderGenerationsComeFirstAgainAfterABrokenConnection) {
  TestHost::Options options = WithSmallReads();
  options.tailer.window_bytes = 1 << 20;
  TestHost host(options);
  host.StartAgent();
  host.Append("app.log", NumberedText(0, 10));
  host.Settle();
  host.Append("app.log", NumberedText(10, 1000));
  host.Rename("app.log", "app.log.1");
  host.Append("app.log", NumberedText(1010, 10));
  host.Work();  // all of it is under way
  host.collector().Disconnect();
  host.SettleAll();
  ExpectNumbered(host, 1020);
}

TEST(RotationOrderTest, ACopyIsFoundThoughNobodyHasToldOfItYet) {
  for (bool inotify : {true, false}) {
    TestHost::Options options;
    options.inotify = inotify;
    TestHost host(options);
    host.StartAgent();
    host.Append("app.log", NumberedText(0, 100));
    host.SettleAll();
    host.Append("app.log", NumberedText(100, 100));
    host.collector().Connect();
    bool is_done = false;
    // It comes between the look at what happened and the reading.
    host.files().Meanwhile([&] {
      if (std::exchange(is_done, true)) return;
      host.Copy("app.log", "app.log.1");
      host.Truncate("app.log");
      host.Append("app.log", NumberedText(200, 10));
    });
    host.Work();
    host.SettleAll();
    ExpectNumbered(host, 210);
  }
}

TEST(RotationOrderTest, AFileThatIsEmptiedBeforeItsFirstLineIsReadGoesOnInItsCopy) {
  TestHost host;
  host.Append("app.log", NumberedText(0, 100));
  host.StartAgent();
  host.Work();  // it is open, and nobody may read before the collector is there
  host.NextTick();
  host.Copy("app.log", "app.log.1");
  host.Truncate("app.log");
  host.Append("app.log", NumberedText(100, 10));
  host.SettleAll();
  ExpectNumbered(host, 110);
}

TEST(RotationOrderTest, CopiesComeInOrderThoughNobodySawThatTheirOriginalWasEmptiedBetween) {
  TestHost host;
  host.StartAgent();
  host.Append("app.log", NumberedText(0, 10));
  host.collector().Connect();
  host.Work();
  host.collector().Disconnect();  // nothing of it was stored
  host.NextTick();
  host.Copy("app.log", "app.log-2026112801");
  host.Truncate("app.log");
  host.Append("app.log", NumberedText(10, 20));
  host.Work();  // the copy waits for what its original was
  host.WriteNew("app.log-2026112802", NumberedText(10, 10));
  host.Work();  // this one for what it is now
  host.Append("app.log-2026112802", NumberedText(20, 10));
  host.Truncate("app.log");
  host.Append("app.log", NumberedText(30, 10));
  host.SettleAll();
  ExpectNumbered(host, 40);
}

TEST(RotationOrderTest, AnArchiveWaitsForTheCopyThatItIsMadeOf) {
  // copytruncate with compress, faster than the agent can look.
  for (int looks = 0; looks < 16; ++looks) {
    TestHost host(WithArchives());
    auto look = [&](int which) {
      if ((looks & (1 << which)) != 0) host.Work();
    };
    host.StartAgent();
    host.Append("app.log", NumberedText(0, 100));
    host.Settle();
    host.Append("app.log", NumberedText(100, 50));
    host.Copy("app.log", "app.log.1");
    look(0);
    host.Truncate("app.log");
    look(1);
    host.Append("app.log", NumberedText(150, 10));
    host.Compress("app.log.1", "app.log.1.gz");
    look(2);
    host.Delete("app.log.1");
    look(3);
    host.SettleAll();
    ExpectNumbered(host, 160);
    ASSERT_FALSE(::testing::Test::HasFailure()) << looks;
  }
}

TEST(RotationOrderTest, AnArchiveIsKnownThoughItsOriginalGotLongerSince) {
  for (bool restart : {false, true}) {
    TestHost host(WithArchives());
    host.StartAgent();
    host.Append("app.log", NumberedText(0, 100));
    host.Settle();
    host.Rename("app.log", "app.log.1");
    host.Compress("app.log.1", "app.log.1.gz");
    host.Append("app.log.1", NumberedText(100, 1));  // the daemon has not opened its new log yet
    host.Append("app.log", NumberedText(101, 10));
    host.Settle();
    host.Delete("app.log.1");
    host.SettleAll();
    if (restart) {
      host.SaveCheckpoint();
      host.KillAgent();
      host.StartAgent();
    }
    host.SettleAll();
    ExpectNumbered(host, 111);
  }
}

TEST(RotationOrderTest, AnArchiveIsKnownThoughItsOriginalWasClosedWhenItWent) {
  TestHost::Options options = WithArchives();
  options.close_idle = absl::Seconds(1);
  TestHost host(options);
  host.StartAgent();
  host.Append("app.log", NumberedText(0, 100));
  host.SettleAll();  // and idle
  host.Rename("app.log", "app.log.1");
  host.Append("app.log", NumberedText(100, 10));
  Compress(host, "app.log.1");
  host.SettleAll();
  ExpectNumbered(host, 110);
}

TEST(RotationOrderTest, AnArchiveThatIsBeingWrittenHoldsBackWhatComesAfterIt) {
  TestHost host(WithArchives());
  host.Append("app.log.1", NumberedText(0, 3000));
  host.Compress("app.log.1", "app.log.1.gz");
  host.Delete("app.log.1");
  const std::string packed = host.Content("app.log.1.gz");
  host.WriteNew("app.log.1.gz", packed.substr(0, packed.size() / 2));
  host.Append("app.log", NumberedText(3000, 10));
  host.StartAgent();
  host.Settle();
  EXPECT_THAT(host.collector().LinesOf("source"), ElementsAre());
  host.Append("app.log.1.gz", packed.substr(packed.size() / 2));
  host.SettleAll();
  ExpectNumbered(host, 3010);
}

TEST(RotationOrderTest, AShortCopyThatIsThereAtTheStartBesideItsOriginal) {
  TestHost host;
  host.Append("app.log", NumberedText(0, 3));
  host.StartAgent();
  host.Settle();
  host.SaveCheckpoint();
  host.KillAgent();
  host.NextTick();
  host.Copy("app.log", "app.log.1");
  host.StartAgent();
  host.Settle();
  host.Truncate("app.log");
  host.Append("app.log", NumberedText(3, 3));
  host.SettleAll();
  ExpectNumbered(host, 6);
}

}  // namespace
}  // namespace sluice::agent
