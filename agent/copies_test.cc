// Content that comes again under another inode: copytruncate's copies.
#include <algorithm>
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

// Nobody can tell yet whose copy it is.
TEST(CopiesTest, WaitsForACopyThatIsBegunWhenTheAgentStarts) {
  for (const bool is_new_to_the_agent : {false, true}) {
    TestHost host;
    host.StartAgent();
    if (!is_new_to_the_agent) host.Append("app.log", NumberedText(0, 100));
    host.Settle();
    host.SaveCheckpoint();
    host.KillAgent();
    if (is_new_to_the_agent) host.Append("app.log", NumberedText(0, 100));
    host.NextTick();
    host.Append("app.log.1", "");
    host.StartAgent();
    host.Settle();
    host.Append("app.log.1", NumberedText(0, 100));
    host.Settle();
    host.Truncate("app.log");
    host.Append("app.log", NumberedText(100, 1));
    host.SettleAll();
    ExpectLines(host, Numbered(0, 101));
    EXPECT_EQ(Lost(host), 0);
  }
}

// Known by its inode it would be no copy: all of it came before.
TEST(CopiesTest, KnowsACopyThatWentWhileTheDirectoryOfItsOriginalWasMoved) {
  TestHost host;
  host.MakeDirectory("a");
  host.Append("a/app.log", NumberedText(0, 100));
  host.StartAgent();
  host.Settle();
  host.SaveCheckpoint();
  host.KillAgent();
  host.NextTick();
  host.Copy("a/app.log", "a/app.log.1");
  host.Truncate("a/app.log");
  host.Append("a/app.log", "next\n");
  host.StartAgent();
  host.Work();  // it has both open, and waits for the collector's word
  host.Delete("a/app.log.1");
  host.Rename("a", "b");
  host.SettleAll();
  EXPECT_EQ(host.collector().All().size(), 101);
  EXPECT_EQ(Lost(host), 0);
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

}  // namespace
}  // namespace sluice::agent
