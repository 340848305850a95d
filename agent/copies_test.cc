// Content that comes again under another inode: copytruncate's copies, and compressed generations.
#include <algorithm>
#include <string>
#include <vector>

#include "agent/testing/test_host.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::agent {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TestHost::Options WithArchives() {
  TestHost::Options options;
  options.source.exclude = {};
  return options;
}

std::vector<std::string> Numbered(int first, int count) {
  std::vector<std::string> lines;
  for (int i = first; i < first + count; ++i) lines.push_back("line " + std::to_string(i) + std::string(40, 'x'));
  return lines;
}

std::string Joined(const std::vector<std::string>& lines) {
  std::string all;
  for (const std::string& line : lines) all += line + "\n";
  return all;
}

// Tells the first difference: the lists are long.
void ExpectLines(TestHost& host, const std::vector<std::string>& expected) {
  std::vector<std::string> found = host.collector().LinesOf("source");
  for (size_t i = 0; i < std::min(found.size(), expected.size()); ++i) {
    ASSERT_EQ(found[i], expected[i]) << "at line " << i << " of " << found.size() << ", expected " << expected.size();
  }
  EXPECT_EQ(found.size(), expected.size());
}

uint64_t Lost(TestHost& host) {
  uint64_t lost = 0;
  for (const auto& [reason, bytes] : host.metrics().Losses()) lost += bytes;
  return lost;
}

TEST(CopiesTest, DoesNotReadTheCopyOfATruncatedFile) {
  for (int lines : {1, 100}) {
    TestHost host;
    host.StartAgent();
    host.Append("app.log", Joined(Numbered(0, lines)));
    host.Settle();
    host.Copy("app.log", "app.log.1");
    host.Settle();
    host.Truncate("app.log");
    host.SettleAll();
    host.Append("app.log", "next\n");
    host.SettleAll();
    std::vector<std::string> expected = Numbered(0, lines);
    expected.push_back("next");
    ExpectLines(host, expected);
    EXPECT_EQ(Lost(host), 0);
  }
}

TEST(CopiesTest, ReadsFromTheCopyWhatTheTruncationTook) {
  TestHost host;
  host.Append("app.log", Joined(Numbered(0, 100)));
  host.StartAgent();
  host.Settle();
  host.Append("app.log", Joined(Numbered(100, 100)));  // the agent does not get to it
  host.Copy("app.log", "app.log.1");
  host.Truncate("app.log");
  host.Append("app.log", "next\n");
  host.SettleAll();
  std::vector<std::string> expected = Numbered(0, 200);
  expected.push_back("next");
  ExpectLines(host, expected);
  EXPECT_EQ(Lost(host), 0);
}

// logrotate's `extension .log`, with `dateext`, and `olddir`; Logback's names.
TEST(CopiesTest, KnowsCopiesByWhateverNamesTheyGet) {
  for (const char* name : {"app.1.log", "app-20261120.log", "app.2026-11-20.0.log", "old/app.log.1", "old/app.1.log"}) {
    for (const bool is_down : {false, true}) {
      SCOPED_TRACE(name);
      TestHost host;
      host.MakeDirectory("old");
      host.StartAgent();
      host.Append("app.log", Joined(Numbered(0, 100)));
      host.Settle();
      host.SaveCheckpoint();
      if (is_down) host.KillAgent();
      host.Append("app.log", Joined(Numbered(100, 20)));
      host.NextTick();
      host.Copy("app.log", name);
      host.Truncate("app.log");
      host.Append("app.log", Joined(Numbered(120, 5)));
      if (is_down) host.StartAgent();
      host.SettleAll();
      ExpectLines(host, Numbered(0, 125));
      EXPECT_EQ(Lost(host), 0);
    }
  }
}

TEST(CopiesTest, WaitsWhileACopyIsMadeInADirectoryBelow) {
  TestHost host;
  host.StartAgent();
  host.Append("app.log", Joined(Numbered(0, 100)));
  host.Settle();
  host.NextTick();
  host.MakeDirectory("old");
  host.Append("old/app.log.1", "");
  host.Settle();
  host.Append("old/app.log.1", Joined(Numbered(0, 50)));
  host.Settle();
  host.Append("old/app.log.1", Joined(Numbered(50, 50)));
  host.Settle();
  host.Truncate("app.log");
  host.SettleAll();
  host.Rename("old/app.log.1", "old/app.log.2");
  host.Append("app.log", "next\n");
  host.SettleAll();
  std::vector<std::string> expected = Numbered(0, 100);
  expected.push_back("next");
  ExpectLines(host, expected);
}

TEST(CopiesTest, FilesThatAreOnlyNumberedAreNoGenerations) {
  TestHost host;
  host.StartAgent();
  host.Append("worker-1.log", "done\n");
  host.Settle();
  host.Append("worker-2.log", "done\n");
  host.Append("worker-0.log", "done\n");
  host.Settle();
  EXPECT_THAT(host.collector().LinesOf("source"), ElementsAre("done", "done", "done"));
}

TEST(CopiesTest, NothingIsCountedAsLostThatIsInACopyOfWhatNobodyHadReadYet) {
  for (const int read : {0, 10}) {
    TestHost host;
    host.StartAgent();
    host.Append("app.log", Joined(Numbered(0, read)));
    host.Settle();
    host.collector().Disconnect();
    host.Append("app.log", Joined(Numbered(read, 50)));
    host.Work();
    host.Copy("app.log", "app.log.1");
    host.Truncate("app.log");
    host.Append("app.log", Joined(Numbered(read + 50, 100)));  // more than before
    host.SettleAll();
    ExpectLines(host, Numbered(0, read + 150));
    EXPECT_EQ(Lost(host), 0);
  }
}

TEST(CopiesTest, KnowsTheCopyThatWasMadeWhileTheAgentWasDown) {
  TestHost host;
  host.Append("app.log", Joined(Numbered(0, 100)));
  host.StartAgent();
  host.Settle();
  host.SaveCheckpoint();
  host.KillAgent();
  host.Append("app.log", Joined(Numbered(100, 20)));
  host.Copy("app.log", "app.log.1");
  host.Truncate("app.log");
  host.Append("app.log", "next\n");
  host.StartAgent();
  host.SettleAll();
  std::vector<std::string> expected = Numbered(0, 120);
  expected.push_back("next");
  ExpectLines(host, expected);
}

TEST(CopiesTest, KnowsACopyAfterARestartThoughTheOriginalIsGone) {
  TestHost host;
  host.StartAgent();
  host.Append("app.log", Joined(Numbered(0, 100)));
  host.Settle();
  host.Copy("app.log", "app.log.1");
  host.Settle();
  host.Truncate("app.log");
  host.SettleAll();
  host.SaveCheckpoint();
  host.Delete("app.log");
  host.SettleAll();
  host.KillAgent();
  host.StartAgent();
  host.SettleAll();
  ExpectLines(host, Numbered(0, 100));
}

TEST(CopiesTest, KnowsTheCopyOfAFileThatItKnowsByAnotherName) {
  TestHost host;
  host.MakeDirectory("d");
  host.Append("app.log", Joined(Numbered(0, 100)));
  host.Link("app.log", "d/link.log");
  host.StartAgent();
  host.Settle();
  for (const char* round : {"first\n", "second\n"}) {
    host.Copy("app.log", "app.log.1");
    host.Truncate("app.log");
    host.SettleAll();
    host.Append("app.log", round);
    host.SettleAll();
    host.Rename("app.log.1", "app.log.2");
  }
  EXPECT_EQ(host.collector().All().size(), 102);
}

TEST(CopiesTest, FollowsARowOfCopies) {
  TestHost host;
  host.StartAgent();
  std::vector<std::string> expected;
  for (int round = 0; round < 4; ++round) {
    std::vector<std::string> lines = Numbered(round * 100, 30);
    host.Append("app.log", Joined(lines));
    if (round % 2 == 0) host.Settle();
    expected.insert(expected.end(), lines.begin(), lines.end());
    for (int n = round; n > 0; --n) host.Rename("app.log." + std::to_string(n), "app.log." + std::to_string(n + 1));
    host.Copy("app.log", "app.log.1");
    if (round % 2 == 1) host.Work();
    host.Truncate("app.log");
    host.SettleAll();
  }
  ExpectLines(host, expected);
  EXPECT_EQ(Lost(host), 0);
}

TEST(CopiesTest, ACopyThatBecomesAnotherFileIsReadFromItsBeginning) {
  TestHost host;
  host.StartAgent();
  host.Append("app.log", "one\ntwo\n");
  host.Settle();
  host.Copy("app.log", "app.log.1");
  host.Settle();
  host.Append("app.log", "three\n");
  host.SettleAll();
  EXPECT_THAT(host.collector().LinesOf("source"), ElementsAre("one", "two", "three"));
  host.Append("app.log.1", "own\n");
  host.SettleAll();
  EXPECT_THAT(host.collector().LinesOf("source"), ElementsAre("one", "two", "three", "one", "two", "own"));
}

TEST(CopiesTest, KnowsCopiesThatAreWrittenOverOneAnother) {
  for (const int first : {1, 30}) {
    TestHost host;
    host.StartAgent();
    std::vector<std::string> expected;
    for (int round = 0; round < 4; ++round) {
      const std::vector<std::string> lines = Numbered(static_cast<int>(expected.size()), first + 10 * (round % 2));
      expected.insert(expected.end(), lines.begin(), lines.end());
      host.Append("app.log", Joined(lines));
      host.Settle();
      host.WriteNew("app.log.1", host.Content("app.log"));  // cp app.log app.log.1 && : > app.log
      host.Settle();
      host.Truncate("app.log");
      host.SettleAll();
    }
    ExpectLines(host, expected);
    EXPECT_EQ(Lost(host), 0);
  }
}

TEST(CopiesTest, EqualLinesInANewFileAreNoCopy) {
  TestHost host;
  host.StartAgent();
  for (int round = 0; round < 3; ++round) {
    host.Append("app.log", "hello\n");
    host.Settle();
    for (int n = round; n > 0; --n) host.Rename("app.log." + std::to_string(n), "app.log." + std::to_string(n + 1));
    host.Rename("app.log", "app.log.1");
  }
  host.SettleAll();
  EXPECT_THAT(host.collector().LinesOf("source"), ElementsAre("hello", "hello", "hello"));
}

TEST(CopiesTest, EqualGenerationsThatAreThereAtTheStartAreAllRead) {
  TestHost host;
  host.Append("app.log.2", "hello\n");
  host.Append("app.log.1", "hello\n");
  host.Append("app.log", "hello\n");
  host.StartAgent();
  host.SettleAll();
  EXPECT_THAT(host.collector().LinesOf("source"), ElementsAre("hello", "hello", "hello"));
}

class ArchiveFormatTest : public ::testing::TestWithParam<const char*> {
 protected:
  static std::string Packed(const std::string& name) { return name + GetParam(); }
};
INSTANTIATE_TEST_SUITE_P(All, ArchiveFormatTest, ::testing::Values(".gz", ".zst"));

TEST(ArchivesTest, ReadsGenerationsThatItNeverSawOldestFirst) {
  TestHost host(WithArchives());
  host.Append("tmp", "1\n2\n");
  host.Compress("tmp", "app.log.3.zst");
  host.WriteNew("tmp", "3\nlast without an end");
  host.Compress("tmp", "app.log.2.gz");
  host.Delete("tmp");
  host.Append("app.log.1", "4\n");
  host.Append("app.log", "5\n");
  host.StartAgent();
  host.SettleAll();
  std::vector<StoredLine> all = host.collector().All();
  EXPECT_THAT(host.collector().LinesOf("source"), ElementsAre("1", "2", "3", "last without an end", "4", "5"));
  EXPECT_EQ(all[1].offset, 2) << "offsets are those of the plain content";
  EXPECT_EQ(all[3].record.part(), v1::LINE_PART_UNTERMINATED);
}

TEST(ArchivesTest, LeavesArchivesAloneUnlessAsked) {
  TestHost host;
  host.Append("tmp", "1\n");
  host.Compress("tmp", "app.log.1.gz");
  host.Delete("tmp");
  host.StartAgent();
  host.SettleAll();
  EXPECT_THAT(host.collector().All(), IsEmpty());
}

TEST_P(ArchiveFormatTest, DoesNotReadAgainWhatItReadBeforeItWasCompressed) {
  for (bool is_gone_first : {true, false}) {
    TestHost host(WithArchives());
    host.StartAgent();
    host.Append("app.log", Joined(Numbered(0, 100)));
    host.Settle();
    host.Rename("app.log", "app.log.1");
    host.Append("app.log", "next\n");
    host.Settle();
    host.Compress("app.log.1", Packed("app.log.1"));
    if (!is_gone_first) host.SettleAll();
    host.Delete("app.log.1");
    host.SettleAll();
    std::vector<std::string> expected = Numbered(0, 100);
    expected.push_back("next");
    ExpectLines(host, expected);
  }
}

TEST_P(ArchiveFormatTest, GoesOnInTheArchiveOfAFileThatItHadReadInPart) {
  TestHost host(WithArchives());
  host.Append("app.log", Joined(Numbered(0, 100)));
  host.StartAgent();
  host.Settle();
  host.SaveCheckpoint();
  host.KillAgent();
  host.Append("app.log", Joined(Numbered(100, 100)));
  host.Compress("app.log", Packed("app.log.1"));
  host.Delete("app.log");
  host.Append("app.log", "next\n");
  host.StartAgent();
  host.SettleAll();
  std::vector<std::string> expected = Numbered(0, 200);
  expected.push_back("next");
  ExpectLines(host, expected);
  EXPECT_EQ(host.collector().files().size(), 2) << "it is the same file";
}

TEST_P(ArchiveFormatTest, GoesOnAtItsPlainOffsetAfterARestart) {
  TestHost::Options options = WithArchives();
  options.tailer.window_bytes = 1000;
  options.tailer.message_bytes = 1000;
  options.tailer.reader.max_line_bytes = 1024;
  options.tailer.reader.chunk_bytes = 4096;
  TestHost host(options);
  host.Append("tmp", Joined(Numbered(0, 2000)));
  host.Compress("tmp", Packed("app.log.1"));
  host.Delete("tmp");
  for (int restart = 0; restart < 5; ++restart) {
    host.StartAgent();
    host.collector().Connect();
    host.Work();
    host.collector().Process(100, /*acknowledge=*/restart % 2 == 0);
    host.Work();
    if (restart % 2 == 0) host.SaveCheckpoint();
    host.KillAgent();
  }
  EXPECT_LT(host.collector().All().size(), 2000);
  host.StartAgent();
  host.SettleAll();
  ExpectLines(host, Numbered(0, 2000));
}

TEST(ArchivesTest, ReadsTheArchiveOfAFileThatCouldNotBeOpenedThoughNobodyToldThatItWent) {
  TestHost host(WithArchives());
  host.StartAgent();
  host.files().FailReads(100, 1);
  host.Append("app.log.1", Joined(Numbered(0, 100)));
  host.Settle();
  host.files().FailReads(0, 1);
  host.Compress("app.log.1", "app.log.1.gz");
  host.Delete("app.log.1");
  host.watcher()->Overflow();
  host.SettleAll();
  ExpectLines(host, Numbered(0, 100));
}

TEST(ArchivesTest, DeliversWhatIsBeforeADamageAndCountsTheRest) {
  TestHost host(WithArchives());
  host.Append("tmp", Joined(Numbered(0, 20'000)));
  host.Compress("tmp", "app.log.1.gz");
  host.Delete("tmp");
  std::string packed = host.Content("app.log.1.gz");
  host.WriteNew("app.log.1.gz", packed.substr(0, packed.size() / 2) + std::string(500, '\xff'));
  host.StartAgent();
  host.SettleAll();
  std::vector<std::string> found = host.collector().LinesOf("source");
  EXPECT_GT(found.size(), 5'000);
  EXPECT_EQ(found[4'999], Numbered(4'999, 1)[0]);
  EXPECT_GT(host.metrics().Losses().at("corrupt"), 0);
  EXPECT_THAT(host.EventNames(), ElementsAre("appeared app.log.1.gz", "gap app.log.1.gz"));
}

TEST(ArchivesTest, WaitsForAnArchiveThatIsBeingWrittenAndGivesUpOnOneThatIsNot) {
  TestHost elsewhere;
  elsewhere.Append("tmp", Joined(Numbered(0, 20'000)));
  elsewhere.Compress("tmp", "packed");
  const std::string packed = elsewhere.Content("packed");
  TestHost host(WithArchives());
  host.StartAgent();
  host.Settle();
  host.WriteNew("other.log.1.gz", packed.substr(0, packed.size() / 2));
  host.clock().Advance(30'000'000'000);
  host.Settle();
  EXPECT_EQ(Lost(host), 0);
  host.clock().Advance(70'000'000'000);
  host.Settle();
  host.SettleAll();
  EXPECT_GT(host.metrics().Losses().at("corrupt"), 0);
}

TEST(ArchivesTest, ATextWithAnArchivesNameIsText) {
  TestHost host(WithArchives());
  host.Append("app.log.gz", "plain\n");
  host.StartAgent();
  host.Settle();
  EXPECT_THAT(host.collector().LinesOf("source"), ElementsAre("plain"));
}

TEST(ArchivesTest, ReadsManyWithFewDecoders) {
  TestHost host(WithArchives());
  for (int i = 0; i < 50; ++i) {
    host.WriteNew("tmp", Joined(Numbered(i * 100, 100)));
    host.Compress("tmp", "f" + std::to_string(i) + ".gz");
  }
  host.Delete("tmp");
  host.StartAgent();
  host.SettleAll();
  EXPECT_EQ(host.collector().All().size(), 5000);
}

}  // namespace
}  // namespace sluice::agent
