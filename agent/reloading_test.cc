// A change of sources while files are read, with a simulated clock and a collector in memory.
#include <string>
#include <vector>

#include "agent/testing/test_host.h"
#include "base/strings.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::agent {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

SourceOptions Named(const std::string& name, const std::string& root, const std::string& topic = "{source}") {
  SourceOptions source;
  source.name = name;
  source.root = root;
  source.topic = topic;
  return source;
}

class ReloadingTest : public ::testing::Test {
 protected:
  ReloadingTest() : host_(FirstOptions()) {
    for (const char* directory : {"a", "b", "c"}) host_.MakeDirectory(directory);
  }
  static TestHost::Options FirstOptions() {
    TestHost::Options options;
    options.source = Named("a", "a");
    return options;
  }
  std::vector<std::string> LinesOf(const std::string& topic) { return host_.collector().LinesOf(topic); }

  TestHost host_;
};

TEST_F(ReloadingTest, AnAddedSourceIsReadAtOnceAndTheOtherIsNotTouched) {
  host_.StartAgent();
  host_.Append("a/x.log", "a1\n");
  host_.Append("b/x.log", "b1\n");
  host_.Settle();
  EXPECT_THAT(LinesOf("b"), IsEmpty());
  host_.Reload({Named("a", "a"), Named("b", "b")});
  host_.Append("a/x.log", "a2\n");
  host_.Settle();
  EXPECT_THAT(LinesOf("a"), ElementsAre("a1", "a2"));
  EXPECT_THAT(LinesOf("b"), ElementsAre("b1"));
  host_.Append("b/x.log", "b2\n");
  host_.Settle();
  EXPECT_THAT(LinesOf("b"), ElementsAre("b1", "b2"));
}

TEST_F(ReloadingTest, ARemovedSourceIsLetGoAfterItsAcksAndGoesOnThereWhenItComesBack) {
  host_.StartAgent();
  host_.Append("a/x.log", "a1\n");
  host_.collector().Connect();
  host_.Work();
  ASSERT_GT(host_.collector().waiting(), 0) << "a1 is under way";
  host_.Reload({Named("b", "b")});
  host_.Work();
  EXPECT_EQ(host_.tracker().table().size(), 1) << "what is under way is waited for";
  host_.Append("a/x.log", "a2\n");
  host_.Settle();
  EXPECT_EQ(host_.tracker().table().size(), 0);
  EXPECT_THAT(LinesOf("a"), ElementsAre("a1"));
  host_.Reload({Named("a", "a")});
  host_.Settle();
  EXPECT_THAT(LinesOf("a"), ElementsAre("a1", "a2"));
  EXPECT_EQ(host_.collector().duplicates(), 0);
}

TEST_F(ReloadingTest, ARemovedSourceIsLetGoAlsoWhileTheCollectorIsAway) {
  host_.StartAgent();
  host_.Append("a/x.log", "a1\n");
  host_.collector().Connect();
  host_.Work();
  host_.collector().Disconnect();
  host_.Reload({Named("b", "b")});
  host_.Work();
  EXPECT_EQ(host_.tracker().table().size(), 0);
  host_.Reload({Named("a", "a")});
  host_.Work();
  EXPECT_EQ(host_.tracker().table().size(), 1);
  host_.Settle();
  EXPECT_THAT(LinesOf("a"), ElementsAre("a1"));
}

TEST_F(ReloadingTest, ARemovalThatIsTakenBackBeforeTheAcksIsNone) {
  host_.StartAgent();
  host_.Append("a/x.log", "a1\n");
  host_.collector().Connect();
  host_.Work();
  host_.Reload({Named("b", "b")});
  host_.Append("a/x.log", "a2\n");
  host_.Work();
  host_.Reload({Named("a", "a")});
  host_.Settle();
  EXPECT_THAT(LinesOf("a"), ElementsAre("a1", "a2"));
}

TEST_F(ReloadingTest, AChangedSourceGoesOnAtItsOffsetUnderTheNewTopic) {
  host_.StartAgent();
  host_.Append("a/x.log", "a1\na2\n");
  host_.Settle();
  host_.Reload({Named("a", "a", "other")});
  host_.Append("a/x.log", "a3\n");
  host_.Settle();
  EXPECT_THAT(LinesOf("a"), ElementsAre("a1", "a2"));
  EXPECT_THAT(LinesOf("other"), ElementsAre("a3"));
  EXPECT_EQ(host_.tracker().table().size(), 1);
}

// What was under way when the connection broke comes again, under the new topic; what the collector has is not stored
// twice.
TEST_F(ReloadingTest, NothingIsLostOrRepeatedWhenTheConnectionBreaksWithAReload) {
  host_.StartAgent();
  host_.Append("a/x.log", "a1\n");
  host_.collector().Connect();
  host_.Work();
  host_.collector().Process(1, /*acknowledge=*/false);
  host_.Append("a/x.log", "a2\n");
  host_.Work();
  host_.collector().Disconnect();
  host_.Reload({Named("a", "a", "other")});
  host_.Settle();
  EXPECT_THAT(LinesOf("a"), ElementsAre("a1"));
  EXPECT_THAT(LinesOf("other"), ElementsAre("a2"));
}

TEST_F(ReloadingTest, WhatTheCollectorRefusesIsSentAtOnceUnderAnotherTopic) {
  host_.StartAgent();
  host_.collector().Refuse("a", /*code=*/3);
  host_.Append("a/x.log", "a1\n");
  host_.Settle();
  EXPECT_THAT(LinesOf("a"), IsEmpty());
  host_.Reload({Named("a", "a", "allowed")});
  host_.Settle();
  EXPECT_THAT(LinesOf("allowed"), ElementsAre("a1"));
}

TEST_F(ReloadingTest, StartAtEndHoldsForWhatAnAddedSourceFindsAtFirst) {
  host_.StartAgent();
  host_.Append("b/old.log", "before\n");
  host_.Settle();
  SourceOptions from_end = Named("b", "b");
  from_end.start_at = StartAt::kEnd;
  host_.Reload({Named("a", "a"), from_end});
  host_.Settle();
  host_.Append("b/old.log", "after\n");
  host_.Append("b/new.log", "made later\n");
  host_.Settle();
  EXPECT_THAT(LinesOf("b"), ::testing::UnorderedElementsAre("after", "made later"));
}

TEST_F(ReloadingTest, ASourceThatAReloadBringsBackIsLookedAtForTheFirstTime) {
  SourceOptions from_end = Named("b", "b");
  from_end.start_at = StartAt::kEnd;
  host_.StartAgent();
  host_.Reload({Named("a", "a"), from_end});
  host_.Settle();
  host_.Reload({Named("a", "a")});
  host_.Settle();
  host_.Append("b/meanwhile.log", "nobody was to read it\n");
  host_.Reload({Named("a", "a"), from_end});
  host_.Settle();
  host_.Append("b/later.log", "made later\n");
  host_.Settle();
  EXPECT_THAT(LinesOf("b"), ElementsAre("made later"));
}

TEST_F(ReloadingTest, AFileThatWasRotatedAwayIsReadToItsEndUnderTheChangedSource) {
  host_.StartAgent();
  host_.Append("a/x.log", "a1\n");
  host_.Settle();
  host_.Append("a/x.log", "a2\n");
  host_.Rename("a/x.log", "moved-away");
  host_.Append("a/x.log", "b1\n");
  host_.Work();
  host_.Reload({Named("a", "a", "other")});
  host_.SettleAll();
  std::vector<std::string> all;
  for (const StoredLine& line : host_.collector().All()) all.push_back(line.bytes);
  EXPECT_THAT(all, ElementsAre("a1", "a2", "b1"));
}

TEST_F(ReloadingTest, ANewSourceThatComesFirstTakesItsFilesOver) {
  host_.StartAgent();
  host_.Append("a/x.log", "1\n");
  host_.Append("a/y.txt", "2\n");
  host_.Settle();
  SourceOptions first = Named("text", "a");
  first.include = {"*.txt"};
  host_.Reload({first, Named("a", "a")});
  host_.Append("a/x.log", "3\n");
  host_.Append("a/y.txt", "4\n");
  host_.Settle();
  EXPECT_THAT(LinesOf("text"), ElementsAre("4"));
  EXPECT_THAT(LinesOf("a"), ::testing::UnorderedElementsAre("1", "2", "3"));
}

TEST_F(ReloadingTest, AReloadChangesHowDirectoriesAreWatched) {
  host_.StartAgent();
  host_.Append("a/x.log", "1\n");
  host_.Settle();
  SourceOptions polled = Named("a", "a");
  polled.watch = WatchMode::kPoll;
  polled.poll_interval = absl::Seconds(10);
  host_.Reload({polled});
  host_.Settle();
  EXPECT_EQ(host_.metrics().directories_watched.Value(), 0);
  EXPECT_EQ(host_.metrics().directories_polled.Value(), 1);
  host_.Append("a/x.log", "2\n");
  host_.Settle();
  EXPECT_THAT(LinesOf("a"), ElementsAre("1")) << "nobody has looked";
  host_.clock().Advance(11 * int64_t{1'000'000'000});
  host_.Settle();
  EXPECT_THAT(LinesOf("a"), ElementsAre("1", "2"));
  host_.Reload({Named("a", "a")});
  host_.Settle();
  EXPECT_EQ(host_.metrics().directories_watched.Value(), 1);
  host_.Append("a/x.log", "3\n");
  host_.Settle();
  EXPECT_THAT(LinesOf("a"), ElementsAre("1", "2", "3"));
}

TEST_F(ReloadingTest, AHundredReloadsInARowLoseNothing) {
  host_.StartAgent();
  std::vector<std::string> expected;
  for (int i = 0; i < 100; ++i) {
    std::string line = StrCat("line ", i);
    host_.Append("a/x.log", line + "\n");
    expected.push_back(line);
    if (i % 3 == 0) host_.Settle();
    host_.Reload({Named("a", "a", StrCat("t", i % 7))});
    if (i % 5 == 0) host_.collector().Disconnect();
    host_.Work();
  }
  host_.Settle();
  std::vector<std::string> found;
  for (const StoredLine& line : host_.collector().All()) found.push_back(line.bytes);
  EXPECT_EQ(found, expected);
}

}  // namespace
}  // namespace sluice::agent
