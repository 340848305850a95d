// What the agent does with files: discovery, tailing and identity together, on a real directory.
#include <filesystem>
#include <string>
#include <vector>

#include "agent/testing/numbered_lines.h"
#include "agent/testing/test_host.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::agent {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

std::string Repeat(std::string_view text, size_t count) {
  std::string all;
  for (size_t i = 0; i < count; ++i) all += text;
  return all;
}

TEST(TailingTest, SendsLinesOfFilesThatAreThereByDirectory) {
  TestHost host;
  host.MakeDirectory("info/deep");
  host.Append("info/a.log", "one\ntwo\n");
  host.Append("info/deep/b.log", "three\n");
  host.Append("root.log", "four\n");
  host.StartAgent();
  host.Settle();
  EXPECT_THAT(host.collector().LinesOf("info"), ElementsAre("one", "two"));
  EXPECT_THAT(host.collector().LinesOf("info.deep"), ElementsAre("three"));
  EXPECT_THAT(host.collector().LinesOf("source"), ElementsAre("four"));
}

TEST(TailingTest, HoldsALineUntilItsNewlineIsThere) {
  TestHost host;
  host.Append("a.log", "begin");
  host.StartAgent();
  host.Settle();
  EXPECT_THAT(host.collector().All(), IsEmpty());
  host.Append("a.log", " middle");
  host.Settle();
  host.Append("a.log", " end\nnext");
  host.Settle();
  EXPECT_THAT(host.collector().LinesOf("source"), ElementsAre("begin middle end"));
}

TEST(TailingTest, KeepsEmptyLinesCarriageReturnsAndNuls) {
  TestHost host;
  const std::string bytes("\n\na\r\n\0b\n\xff\xfe\n", 11);
  host.Append("a.log", bytes);
  host.StartAgent();
  host.Settle();
  EXPECT_THAT(host.collector().LinesOf("source"), ElementsAre("", "", "a\r", std::string("\0b", 2), "\xff\xfe"));
  EXPECT_EQ(host.collector().All().back().record.body(), "\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(host.metrics().lines_not_utf8.Value(), 1);
}

TEST(TailingTest, SplitsALineThatIsTooLongIntoMarkedPartsThatJoinToIt) {
  TestHost::Options options;
  options.tailer.reader.max_line_bytes = 1024;
  TestHost host(options);
  std::string line = "ERROR " + Repeat("\xC3\xA4x", 5000);
  host.Append("a.log", line.substr(0, 7000));
  host.StartAgent();
  host.Settle();
  host.Append("a.log", line.substr(7000) + "\nshort\n");
  host.Settle();
  std::vector<StoredLine> all = host.collector().All();
  std::string joined;
  for (size_t i = 0; i + 1 < all.size(); ++i) {
    joined += all[i].bytes;
    EXPECT_LE(all[i].bytes.size(), 1024);
    EXPECT_EQ(all[i].record.raw_body(), "") << "a part is cut inside of a character";
    EXPECT_EQ(all[i].record.severity(), v1::SEVERITY_ERROR);
  }
  EXPECT_EQ(joined, line);
  EXPECT_EQ(all.front().record.part(), v1::LINE_PART_FIRST);
  EXPECT_EQ(all[1].record.part(), v1::LINE_PART_MIDDLE);
  EXPECT_EQ(all[all.size() - 2].record.part(), v1::LINE_PART_LAST);
  EXPECT_EQ(all.back().bytes, "short");
  EXPECT_EQ(all.back().record.part(), v1::LINE_PART_UNSPECIFIED);
}

TEST(TailingTest, GoesOnInTheMiddleOfALongLineAfterARestart) {
  TestHost::Options options;
  options.tailer.reader.max_line_bytes = 1024;
  TestHost host(options);
  host.Append("a.log", std::string(3000, 'x'));
  host.StartAgent();
  host.Settle();
  host.KillAgent();
  host.Append("a.log", "end\n");
  host.StartAgent();
  host.Settle();
  std::vector<StoredLine> all = host.collector().All();
  EXPECT_EQ(all.back().record.part(), v1::LINE_PART_LAST);
  std::string joined;
  for (const StoredLine& line : all) joined += line.bytes;
  EXPECT_EQ(joined, std::string(3000, 'x') + "end");
}

TEST(TailingTest, ReadsARenamedFileToItsEndBeforeTheNewOne) {
  TestHost host;
  host.Append("app.log", "1\n2\n");
  host.StartAgent();
  host.Settle();
  host.Append("app.log", "3\n");
  host.Rename("app.log", "app.log.1");
  host.Append("app.log", "5\n");
  host.Append("app.log.1", "4\n");
  host.Settle();
  host.Append("app.log", "6\n");
  host.SettleAll();
  EXPECT_THAT(host.collector().LinesOf("source"), ElementsAre("1", "2", "3", "4", "5", "6"));
  EXPECT_EQ(Lost(host), 0);
}

TEST(TailingTest, ReadsGenerationsOfABacklogOldestFirst) {
  const std::vector<std::string> kinds[] = {
      {"app.log.2", "app.log.1", "app.log"},
      {"app.2.log", "app.1.log", "app.log"},
      {"app.log.2026-11-20.10", "app.log.2026-11-21.1", "app.log"},
      {"app-20261119.log", "app-20261120.log", "app.log"},
  };
  for (const std::vector<std::string>& oldest_first : kinds) {
    TestHost host;
    for (size_t i = 0; i < oldest_first.size(); ++i) host.Append(oldest_first[i], std::to_string(i + 1) + "\n");
    host.StartAgent();
    host.Settle();
    EXPECT_THAT(host.collector().LinesOf("source"), ElementsAre("1", "2", "3")) << oldest_first[0];
  }
}

TEST(TailingTest, SendsTheLastLineOfARotatedFileThoughItHasNoNewline) {
  TestHost host;
  host.Append("app.log", "1\nlast");
  host.StartAgent();
  host.Settle();
  host.Rename("app.log", "app.log.1");
  host.Append("app.log", "");
  host.SettleAll();
  EXPECT_THAT(host.collector().LinesOf("source"), ElementsAre("1")) << "its writer has not opened the new one yet";
  host.Append("app.log", "2\n");
  host.SettleAll();
  EXPECT_THAT(host.collector().LinesOf("source"), ElementsAre("1", "2", "last"));
  EXPECT_EQ(host.collector().All().back().record.part(), v1::LINE_PART_UNTERMINATED);
  host.Append("app.log.1", " more\nand ");
  host.Settle();
  EXPECT_EQ(host.collector().All().size(), 4) << "it is written to again";
  host.SettleAll();
  EXPECT_THAT(host.collector().LinesOf("source"), ElementsAre("1", "2", "last", " more", "and "));
}

TEST(TailingTest, ReadsADeletedFileToItsEnd) {
  TestHost host;
  host.Append("a.log", "1\n");
  host.StartAgent();
  host.Settle();
  host.Append("a.log", "2\n3");
  host.Delete("a.log");
  host.SettleAll();
  EXPECT_THAT(host.collector().LinesOf("source"), ElementsAre("1", "2", "3"));
  EXPECT_EQ(host.tracker().table().size(), 0);
}

TEST(TailingTest, ReadsAFileDeletedWhileTheCollectorWasAway) {
  TestHost host;
  host.Append("a.log", "1\n");
  host.StartAgent();
  host.Work();
  host.Delete("a.log");
  host.Work();
  host.SettleAll();
  EXPECT_THAT(host.collector().LinesOf("source"), ElementsAre("1"));
}

TEST(TailingTest, BeginsATruncatedFileAnew) {
  TestHost host;
  host.Append("a.log", "1\n2\n");
  host.StartAgent();
  host.Settle();
  host.Truncate("a.log");
  host.Settle();
  host.Append("a.log", "3\n");
  host.Settle();
  EXPECT_THAT(host.collector().LinesOf("source"), ElementsAre("1", "2", "3"));
  EXPECT_EQ(host.collector().files().size(), 2);  // two generations
  EXPECT_EQ(host.metrics().files_replaced.Value(), 1);
}

TEST(TailingTest, SeesATruncationThatGrewBeyondTheOldPlaceBetweenTwoLooks) {
  TestHost host;
  host.Append("a.log", "1\n2\n");
  host.StartAgent();
  host.Settle();
  host.Truncate("a.log");
  host.Append("a.log", "three\nfour\n");
  host.Settle();
  EXPECT_THAT(host.collector().LinesOf("source"), ElementsAre("1", "2", "three", "four"));
}

TEST(TailingTest, SeesATruncationWhileTheAgentWasDown) {
  TestHost host;
  host.Append("a.log", "1\n2\n");
  host.StartAgent();
  host.Settle();
  host.SaveCheckpoint();
  host.KillAgent();
  host.Truncate("a.log");
  host.Append("a.log", "three\nfour\n");
  host.StartAgent();
  host.Settle();
  EXPECT_THAT(host.collector().LinesOf("source"), ElementsAre("1", "2", "three", "four"));
  EXPECT_EQ(host.metrics().files_replaced.Value(), 1);
}

// While the agent has it closed, its number is given away.
TEST(TailingTest, KnowsAFileFromAnotherOneThatHadItsInode) {
  TestHost::Options options;
  options.close_idle = absl::Seconds(1);
  TestHost host(options);
  host.Append("a.log", "1\n");
  host.StartAgent();
  host.SettleAll();
  const uint64_t inode = host.Inode("a.log");
  host.NextTick();
  host.Delete("a.log");
  for (int i = 0; i < 200; ++i) {
    host.Append("a.log", "2\n3\n");
    if (host.Inode("a.log") == inode) break;
    host.Rename("a.log", "kept" + std::to_string(i));
  }
  if (!std::filesystem::exists(host.Path("a.log"))) GTEST_SKIP() << "this file system gives no number away again";
  host.SettleAll();
  EXPECT_THAT(host.collector().LinesOf("source"), ::testing::IsSupersetOf({"1", "2", "3"}));
  EXPECT_EQ(Lost(host), 0);
}

TEST(TailingTest, CountsWhatATruncationTookBeforeItWasAcknowledged) {
  TestHost host;
  host.StartAgent();
  host.Settle();
  host.Append("a.log", "12345678\n");
  host.Work();  // sent, not stored
  host.Truncate("a.log");
  host.Append("a.log", "x\n");
  host.collector().Disconnect();
  host.Settle();
  EXPECT_THAT(host.collector().LinesOf("source"), ElementsAre("x"));
  EXPECT_EQ(Lost(host), 9);
}

TEST(TailingTest, NeitherRepeatsNorSkipsWithoutItsStateDirectory) {
  TestHost host;
  host.Append("a.log", "1\n2\n");
  host.StartAgent();
  host.Settle();
  host.KillAgent();
  host.LoseCheckpoint();
  host.Append("a.log", "3\n");
  host.StartAgent();
  host.Settle();
  EXPECT_THAT(host.collector().LinesOf("source"), ElementsAre("1", "2", "3"));
  EXPECT_EQ(host.collector().duplicates(), 0);
}

TEST(TailingTest, SendsAgainWhatWasNotAcknowledgedWhenTheConnectionBreaks) {
  TestHost host;
  host.StartAgent();
  host.Settle();
  host.Append("a.log", "1\n2\n");
  host.Work();
  host.collector().Disconnect();
  host.Append("a.log", "3\n");
  host.Settle();
  EXPECT_THAT(host.collector().LinesOf("source"), ElementsAre("1", "2", "3"));
}

TEST(TailingTest, TakesTheCollectorsWordForStoredLinesWhoseAckWasLost) {
  TestHost host;
  host.StartAgent();
  host.Settle();
  host.Append("a.log", "1\n2\n");
  host.Work();
  host.collector().Process(1, /*acknowledge=*/false);
  host.collector().Disconnect();
  host.Append("a.log", "3\n");
  host.Settle();
  EXPECT_THAT(host.collector().LinesOf("source"), ElementsAre("1", "2", "3"));
  EXPECT_EQ(host.collector().duplicates(), 0);
}

TEST(TailingTest, WaitsInOrderWhileTheCollectorRefusesAFile) {
  TestHost host;
  host.MakeDirectory("a");
  host.StartAgent();
  host.Settle();
  host.collector().Refuse("a", 8);
  host.Append("a/x.log", "1\n");
  host.Settle();
  host.Append("a/x.log", "2\n");
  host.Append("b.log", "3\n");
  host.Settle();
  EXPECT_THAT(host.collector().LinesOf("a"), IsEmpty());
  EXPECT_THAT(host.collector().LinesOf("source"), ElementsAre("3"));
  host.collector().Refuse("", 0);
  host.clock().Advance(6'000'000'000);
  host.Settle();
  EXPECT_THAT(host.collector().LinesOf("a"), ElementsAre("1", "2"));
}

TEST(TailingTest, StartsAtTheEndOfFilesThatWereThereButAtTheBeginningOfNewOnes) {
  TestHost::Options options;
  options.source.start_at = StartAt::kEnd;
  TestHost host(options);
  host.Append("old.log", "1\n2\nunfini");
  host.StartAgent();
  host.Settle();
  host.Append("old.log", "shed\n3\n");
  host.Append("new.log", "4\n");
  host.Settle();
  EXPECT_THAT(host.collector().LinesOf("source"), ElementsAre("unfinished", "3", "4"));
}

TEST(TailingTest, KeepsTheStartAtTheEndOverARestart) {
  TestHost::Options options;
  options.source.start_at = StartAt::kEnd;
  TestHost host(options);
  host.Append("old.log", "1\n");
  host.StartAgent();
  host.Settle();
  host.SaveCheckpoint();
  host.KillAgent();
  host.Append("old.log", "2\n");
  host.StartAgent();
  host.Settle();
  EXPECT_THAT(host.collector().LinesOf("source"), ElementsAre("2"));
}

// The first start is over: what is made, or rotated, while the agent is down is new.
void MakeAndRotateFiles(TestHost* host) {
  host->Append("new.log", "new\n");
  host->Rename("old.log", "old.log.1");
  host->Append("old.log", "rotated\n");
}

TestHost::Options FromTheEnd() {
  TestHost::Options options;
  options.source.start_at = StartAt::kEnd;
  return options;
}

TEST(StartAtEndTest, WhatIsNewAtALaterStartIsReadFromItsBeginning) {
  TestHost host(FromTheEnd());
  host.Append("old.log", "1\n");
  host.StartAgent();
  host.Settle();
  host.SaveCheckpoint();
  host.KillAgent();
  MakeAndRotateFiles(&host);
  host.StartAgent();
  host.SettleAll();
  EXPECT_THAT(host.collector().LinesOf("source"), UnorderedElementsAre("new", "rotated"));
}

TEST(StartAtEndTest, WhatIsNewAtALaterStartIsReadThoughThereWasNothingAtTheFirst) {
  TestHost host(FromTheEnd());
  host.StartAgent();
  host.Settle();
  EXPECT_TRUE(host.tracker().HasProgress()) << "that there was nothing is kept soon";
  host.SaveCheckpoint();
  host.KillAgent();
  host.Append("new.log", "new\n");
  host.StartAgent();
  host.Settle();
  EXPECT_THAT(host.collector().LinesOf("source"), ElementsAre("new"));
}

TEST(StartAtEndTest, WithoutTheStateDirectoryTheCollectorKnowsThatTheSourceWasThere) {
  TestHost host(FromTheEnd());
  host.Append("old.log", "1\n");
  host.StartAgent();
  host.Settle();
  host.Append("old.log", "2\n");
  host.Settle();
  host.KillAgent();
  host.LoseCheckpoint();
  MakeAndRotateFiles(&host);
  host.StartAgent();
  host.SettleAll();
  EXPECT_THAT(host.collector().LinesOf("source"), UnorderedElementsAre("2", "new", "rotated"));
}

TEST(StartAtEndTest, AStartThatNeverReachedTheCollectorIsNotTheFirst) {
  TestHost host(FromTheEnd());
  host.Append("old.log", "1\n");
  host.StartAgent();
  host.Work();
  host.SaveCheckpoint();
  host.KillAgent();
  host.StartAgent();
  host.Settle();
  EXPECT_THAT(host.collector().LinesOf("source"), IsEmpty());
}

TEST(TailingTest, FollowsMoreFilesThanMayBeOpen) {
  TestHost::Options options;
  options.open_files_max = 10;
  TestHost host(options);
  host.StartAgent();
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 100; ++i) host.Append(std::to_string(i) + ".log", std::to_string(round) + "\n");
    host.Settle();
  }
  EXPECT_EQ(host.collector().All().size(), 300);
  EXPECT_EQ(host.collector().files().size(), 100);
  for (const auto& [key, lines] : host.collector().files()) EXPECT_EQ(lines.size(), 3);
}

TEST(TailingTest, DoesNotLetALargeFileHoldUpASmallOne) {
  TestHost::Options options;
  options.tailer.window_bytes = 1 << 20;
  TestHost host(options);
  host.Append("big.log", Repeat(std::string(999, 'x') + "\n", 10'000));
  host.Append("small.log", "1\n");
  host.StartAgent();
  host.collector().Connect();
  host.Work();
  host.collector().Process(2, /*acknowledge=*/true);
  host.Work();
  host.collector().Process(2, /*acknowledge=*/true);
  std::vector<std::string> lines = host.collector().LinesOf("source");
  EXPECT_THAT(lines, ::testing::Contains("1"));
  EXPECT_LT(lines.size(), 10'000);
}

}  // namespace
}  // namespace sluice::agent
