// Which files the agent finds: directories that come and go, links, events that are lost, and no events at all.
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "agent/testing/test_host.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::agent {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(DiscoveryTest, FollowsDirectoriesAndFilesMadeLater) {
  TestHost host;
  host.StartAgent();
  host.Settle();
  host.MakeDirectory("x/y/z");
  host.Append("x/y/z/a.log", "one\n");
  host.Settle();
  host.Append("x/y/z/a.log", "two\n");
  host.MakeDirectory("x/w");
  host.Append("x/w/b.log", "three\n");
  host.Settle();
  EXPECT_THAT(host.collector().LinesOf("x.y.z"), ElementsAre("one", "two"));
  EXPECT_THAT(host.collector().LinesOf("x.w"), ElementsAre("three"));
}

// Of two paths that it knows of, one is a directory that cannot be read.
void ExpectUnreadable(TestHost* host, const std::string& directory) {
  host->tracker().UpdateGauges();
  EXPECT_EQ(host->metrics().paths_unreadable.Value(), 1);
  const v1::AgentFiles report = host->tracker().Report();
  ASSERT_EQ(report.files_size(), 2);
  EXPECT_EQ(report.files(0).path(), host->Path(directory + "/"));
  EXPECT_EQ(report.files(0).state(), v1::FILE_STATE_UNREADABLE);
}

TEST(DiscoveryTest, TellsOfADirectoryThatCannotBeListedUntilItCan) {
  TestHost host;
  host.MakeDirectory("closed");
  host.MakeDirectory("open");
  host.Append("closed/a.log", "one\n");
  host.Append("open/a.log", "two\n");
  host.files().Forbid(host.Path("closed"));
  host.StartAgent();
  host.Settle();
  ExpectUnreadable(&host, "closed");
  EXPECT_THAT(host.collector().LinesOf("closed"), IsEmpty());

  host.files().Forbid("");
  host.clock().Advance(absl::ToInt64Nanoseconds(WatchTree::Options().scan_interval));
  host.Settle();
  host.tracker().UpdateGauges();
  EXPECT_EQ(host.metrics().paths_unreadable.Value(), 0);
  EXPECT_THAT(host.collector().LinesOf("closed"), ElementsAre("one"));
}

// `count` directories, one in the other.
std::string Nested(size_t count) {
  std::string path = "d";
  for (size_t depth = 1; depth < count; ++depth) path += "/d";
  return path;
}

TEST(DiscoveryTest, ADirectoryThatIsNestedTooDeeplyIsOneThatCannotBeRead) {
  const size_t deepest = WatchTree::Options().depth_max;
  TestHost host;
  host.MakeDirectory(Nested(deepest + 1));
  host.Append(Nested(deepest) + "/a.log", "one\n");
  host.Append(Nested(deepest + 1) + "/a.log", "too deep\n");
  host.StartAgent();
  host.Settle();
  ExpectUnreadable(&host, Nested(deepest + 1));
  ASSERT_EQ(host.collector().All().size(), 1);
  EXPECT_EQ(host.collector().All()[0].bytes, "one");

  std::filesystem::remove_all(host.Path(Nested(deepest + 1)));
  host.Settle();
  host.tracker().UpdateGauges();
  EXPECT_EQ(host.metrics().paths_unreadable.Value(), 0);
}

TEST(DiscoveryTest, ForgetsADirectoryThatCouldNotBeListedWithIt) {
  TestHost host;
  host.MakeDirectory("closed");
  host.files().Forbid(host.Path("closed"));
  host.StartAgent();
  host.Settle();
  host.Delete("closed");
  host.Append("closed", "a file stands in its place\n");
  host.Settle();
  host.tracker().UpdateGauges();
  EXPECT_EQ(host.metrics().paths_unreadable.Value(), 0);
}

TEST(DiscoveryTest, ReadsAFileWithTwoNamesOnce) {
  TestHost host;
  host.Append("a.log", "1\n");
  ASSERT_EQ(link(host.Path("a.log").c_str(), host.Path("hard.log").c_str()), 0);
  ASSERT_EQ(symlink("a.log", host.Path("soft.log").c_str()), 0);
  host.StartAgent();
  host.Settle();
  host.Append("hard.log", "2\n");
  host.SettleAll();
  EXPECT_THAT(host.collector().LinesOf("source"), ElementsAre("1", "2"));
}

TEST(DiscoveryTest, FollowsALinkToAFileElsewhere) {
  TestHost elsewhere;
  elsewhere.Append("target", "1\n");
  TestHost host;
  ASSERT_EQ(symlink(elsewhere.Path("target").c_str(), host.Path("a.log").c_str()), 0);
  host.StartAgent();
  host.Settle();
  elsewhere.Append("target", "2\n");
  host.Settle();
  EXPECT_THAT(host.collector().LinesOf("source"), ElementsAre("1", "2"));
}

// Nothing but events may tell here: scans come later.
TEST(DiscoveryTest, FollowsALinkToAnotherTarget) {
  for (const bool target_is_rotated : {true, false}) {
    SCOPED_TRACE(target_is_rotated);
    TestHost elsewhere;
    elsewhere.Append("app", "1\n");
    TestHost host;
    ASSERT_EQ(symlink(elsewhere.Path("app").c_str(), host.Path("a.log").c_str()), 0);
    host.StartAgent();
    host.Settle();
    elsewhere.Append("app", "2\n");
    std::string now = "app";
    if (target_is_rotated) {
      elsewhere.Rename("app", "app.1");
    } else {  // ln -sfn
      now = "app-2";
      ASSERT_EQ(symlink(elsewhere.Path(now).c_str(), host.Path("new").c_str()), 0);
      host.Rename("new", "a.log");
    }
    elsewhere.Append(now, "3\n");
    host.Settle();
    elsewhere.Append(now, "4\n");
    host.Settle();
    elsewhere.Rename(now, "gone");
    host.Settle();
    elsewhere.Append(now, "5\n");  // later than anybody is told that the one before is gone
    host.clock().Advance(2'000'000'000);
    host.Settle();
    elsewhere.Delete(now);
    elsewhere.Append(now, "6\n");
    host.Settle();
    elsewhere.Append(now, "7\n");
    host.Settle();
    EXPECT_THAT(host.collector().LinesOf("source"), ElementsAre("1", "2", "3", "4", "5", "6", "7"));
  }
}

TEST(DiscoveryTest, FollowsTwoLinksToOneFileElsewhere) {
  TestHost elsewhere;
  elsewhere.Append("app", "1\n");
  TestHost host;
  for (const char* link : {"a.log", "b.log"}) {
    ASSERT_EQ(symlink(elsewhere.Path("app").c_str(), host.Path(link).c_str()), 0);
  }
  host.StartAgent();
  host.Settle();
  elsewhere.Append("app", "2\n");
  host.Settle();
  host.Delete("b.log");
  elsewhere.Append("app", "3\n");
  host.Settle();
  EXPECT_THAT(host.collector().LinesOf("source"), ElementsAre("1", "2", "3"));
}

TEST(DiscoveryTest, IsNotCaughtByLoopsFifosAndDirectoriesInPlaceOfFiles) {
  TestHost host;
  host.MakeDirectory("d");
  ASSERT_EQ(symlink("..", host.Path("d/up").c_str()), 0);
  ASSERT_EQ(symlink("self", host.Path("self").c_str()), 0);
  ASSERT_EQ(mkfifo(host.Path("fifo").c_str(), 0600), 0);
  host.Append("a.log", "1\n");
  host.StartAgent();
  host.Settle();
  host.Delete("a.log");
  host.MakeDirectory("a.log");
  host.Append("a.log/b.log", "2\n");
  host.SettleAll();
  EXPECT_THAT(host.collector().LinesOf("source"), ElementsAre("1"));
  EXPECT_THAT(host.collector().LinesOf("a.log"), ElementsAre("2"));
}

TEST(DiscoveryTest, FollowsADirectoryThatIsMovedOrMadeAgain) {
  TestHost host;
  host.MakeDirectory("a");
  host.Append("a/x.log", "1\n");
  host.StartAgent();
  host.Settle();
  host.Rename("a", "b");
  host.Append("b/x.log", "2\n");
  host.MakeDirectory("a");
  host.Append("a/x.log", "3\n");
  host.SettleAll();
  host.Append("b/x.log", "4\n");
  host.Settle();
  EXPECT_THAT(host.collector().LinesOf("a"), ElementsAre("1", "2", "3", "4"));
}

// What is watched is not what stands there: only a new watch tells of the last line, and no scan is due.
TEST(DiscoveryTest, WatchesAnewWhatWasReplacedWhenEventsWereLost) {
  TestHost host;
  host.MakeDirectory("d");
  host.Append("d/a.log", "1\n");
  host.StartAgent();
  host.Settle();
  host.Rename("d", "elsewhere");
  host.MakeDirectory("d");
  host.Append("d/a.log", "2\n");
  host.watcher()->Overflow();
  host.Settle();
  host.Append("d/a.log", "3\n");
  host.Settle();
  EXPECT_THAT(host.collector().LinesOf("d"), ElementsAre("1", "2", "3"));
}

TEST(DiscoveryTest, FollowsARootThatIsMadeAgain) {
  TestHost host;
  host.Append("a.log", "1\n");
  host.MakeDirectory("d");
  host.Append("d/b.log", "2\n");
  host.StartAgent();
  host.Settle();
  std::filesystem::remove_all(host.root());
  host.Settle();
  host.MakeDirectory("d");
  host.Append("a.log", "3\n");
  host.Append("d/b.log", "4\n");
  host.clock().Advance(2'000'000'000);
  host.Settle();
  host.Append("a.log", "5\n");
  host.Append("d/b.log", "6\n");
  host.Settle();
  EXPECT_THAT(host.collector().LinesOf("source"), ElementsAre("1", "3", "5"));
  EXPECT_THAT(host.collector().LinesOf("d"), ElementsAre("2", "4", "6"));
}

TEST(DiscoveryTest, WorksWithoutInotify) {
  TestHost::Options options;
  options.inotify = false;
  TestHost host(options);
  host.Append("a.log", "1\n");
  host.StartAgent();
  host.Settle();
  host.Append("a.log", "2\n");
  host.MakeDirectory("d");
  host.Append("d/b.log", "3\n");
  for (int i = 0; i < 3; ++i) {
    host.clock().Advance(1'100'000'000);
    host.Settle();
  }
  EXPECT_THAT(host.collector().LinesOf("source"), ElementsAre("1", "2"));
  EXPECT_THAT(host.collector().LinesOf("d"), ElementsAre("3"));
}

}  // namespace
}  // namespace sluice::agent
