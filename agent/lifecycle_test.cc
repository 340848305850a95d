// What is told of files: the records behind topic sluice.events, and the counters of losses.
#include <unistd.h>

#include <string>
#include <vector>

#include "agent/testing/test_host.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::agent {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(LifecycleTest, TellsOfAFilesLife) {
  TestHost host;
  host.StartAgent();
  host.Settle();
  host.Append("app.log", "1\n");
  host.Settle();
  host.Rename("app.log", "app.log.1");
  host.Append("app.log", "2\n");
  host.Settle();
  host.Truncate("app.log");
  host.Settle();
  host.Delete("app.log.1");
  host.SettleAll();
  EXPECT_THAT(host.EventNames(), ElementsAre("appeared app.log", "renamed app.log.1", "appeared app.log",
                                             "truncated app.log", "deleted app.log.1", "finished app.log.1"));
  EXPECT_EQ(host.events()[1].old_path, host.Path("app.log"));
  EXPECT_EQ(host.events()[3].bytes, 2);
  EXPECT_GT(host.events()[3].file.inode(), 0);
}

TEST(LifecycleTest, AFileThatIsKnownDoesNotAppearAgain) {
  TestHost host;
  host.Append("app.log", "1\n");
  host.StartAgent();
  host.Settle();
  EXPECT_THAT(host.EventNames(), ElementsAre("appeared app.log"));
  host.SaveCheckpoint();
  host.KillAgent();
  host.StartAgent();
  host.SettleAll();
  EXPECT_THAT(host.EventNames(), IsEmpty());
}

TEST(LifecycleTest, ToldGapsAddUpToTheBytesThatAreCounted) {
  TestHost host;
  host.StartAgent();
  host.Settle();
  host.Append("a.log", "12345678\n");
  host.Work();  // sent, not stored
  host.Truncate("a.log");
  host.Append("a.log", "x\n");
  host.collector().Disconnect();
  host.Settle();
  uint64_t told = 0;
  for (const FileEvent& event : host.events()) {
    if (event.kind == FileEvent::Kind::kGap) told += event.bytes;
  }
  EXPECT_EQ(told, 9);
  EXPECT_EQ(host.metrics().Losses().at("truncated"), 9);
}

TEST(LifecycleTest, AFileThatWasClosedIsToldToBeDeleted) {
  TestHost::Options options;
  options.close_idle = absl::Seconds(1);
  TestHost host(options);
  host.StartAgent();
  host.Append("a.log", "1\n");
  host.SettleAll();
  host.Delete("a.log");
  host.SettleAll();
  EXPECT_THAT(host.EventNames(), ElementsAre("appeared a.log", "deleted a.log", "finished a.log"));
}

// How much it grew is known only if somebody looks before it goes.
TEST(DeletedFilesTest, WhatAClosedFileGrewIsCounted) {
  for (const bool is_looked_at : {true, false}) {
    TestHost::Options options;
    options.close_idle = absl::Seconds(1);
    TestHost host(options);
    host.StartAgent();
    host.Append("a.log", "1\n");
    host.SettleAll();
    host.collector().Disconnect();
    host.Work();
    host.Append("a.log", "12345678\n");
    if (is_looked_at) host.Work();
    host.Delete("a.log");
    host.SettleAll();
    EXPECT_EQ(host.metrics().Losses().at("deleted"), is_looked_at ? 9 : 1);
    EXPECT_THAT(host.EventNames(), ::testing::Contains("gap a.log"));
  }
}

TEST(DeletedFilesTest, AreCountedWhenTheAgentStops) {
  TestHost host;
  host.StartAgent();
  host.Settle();
  host.collector().Disconnect();
  for (const char* name : {"a.log", "b.log", "c.log"}) host.Append(name, "12345678\n");
  host.Work();
  host.Delete("a.log");
  host.Rename("c.log", "d.log");
  host.tracker().GiveUpDeleted();
  EXPECT_EQ(host.metrics().Losses().at("given_up"), 9);
  EXPECT_THAT(host.EventNames(), ::testing::IsSupersetOf({"deleted a.log", "gap a.log"}));
}

TEST(DeletedFilesTest, AreGivenUpAfterSoLongAndCounted) {
  TestHost::Options options;
  options.deleted_keep_open = absl::Minutes(10);
  TestHost host(options);
  host.StartAgent();
  host.Append("a.log", "12345678\n");
  host.Work();  // the collector is away
  host.Delete("a.log");
  host.Work();
  host.clock().Advance(9 * 60 * int64_t{1'000'000'000});
  host.Work();
  EXPECT_THAT(host.metrics().Losses(), IsEmpty());
  EXPECT_EQ(host.tracker().table().size(), 1);
  host.clock().Advance(2 * 60 * int64_t{1'000'000'000});
  host.Work();
  EXPECT_EQ(host.metrics().Losses().at("given_up"), 9);
  host.SettleAll();
  EXPECT_THAT(host.collector().All(), IsEmpty());
  EXPECT_EQ(host.metrics().Losses().at("given_up"), 9);
  EXPECT_EQ(host.tracker().table().size(), 0);
}

TEST(DeletedFilesTest, AreGivenUpOldestFirstWhenTheyTakeTooMuchOfTheDisk) {
  TestHost::Options options;
  options.deleted_bytes_max = 25;
  TestHost host(options);
  host.StartAgent();
  for (const char* name : {"a.log", "b.log", "c.log"}) host.Append(name, "123456789\n");
  host.Work();
  for (const char* name : {"a.log", "b.log", "c.log"}) {
    host.Delete(name);
    host.Work();
  }
  EXPECT_EQ(host.metrics().Losses().at("given_up"), 10);
  host.SettleAll();
  EXPECT_EQ(host.collector().All().size(), 2);
  EXPECT_EQ(host.collector().All()[0].path, host.Path("b.log"));
}

TEST(CollectorBehindTest, IsToldOnceAndNothingIsSentAgain) {
  TestHost host;
  host.Append("a.log", "1\n2\n");
  host.StartAgent();
  host.Settle();
  host.SaveCheckpoint();
  host.KillAgent();
  host.collector().LoseEverything();
  host.Append("a.log", "3\n");
  host.StartAgent();
  host.Settle();
  EXPECT_THAT(host.EventNames(), ElementsAre("behind "));
  EXPECT_EQ(host.events()[0].bytes, 4);
  EXPECT_EQ(host.events()[0].files, 1);
  EXPECT_EQ(host.metrics().collector_behind_bytes.Value(), 4);
  host.collector().Disconnect();
  host.Settle();
  EXPECT_EQ(host.metrics().collector_behind_bytes.Value(), 4);
  EXPECT_THAT(host.collector().LinesOf("source"), ElementsAre("3"));
}

TEST(CollectorBehindTest, IsNotSaidOfWhatStartAtEndLeftOut) {
  TestHost::Options options;
  options.source.start_at = StartAt::kEnd;
  TestHost host(options);
  host.Append("a.log", "1\n");
  host.StartAgent();
  host.Settle();
  host.SaveCheckpoint();
  host.KillAgent();
  host.StartAgent();
  host.Settle();
  EXPECT_EQ(host.metrics().collector_behind_bytes.Value(), 0);
}

TEST(CollectorBehindTest, RemovingTheCheckpointSendsAgainWhatIsOnDisk) {
  TestHost host;
  host.Append("a.log", "1\n2\n");
  host.StartAgent();
  host.Settle();
  host.SaveCheckpoint();
  host.KillAgent();
  host.collector().LoseEverything();
  host.LoseCheckpoint();
  host.StartAgent();
  host.Settle();
  EXPECT_THAT(host.collector().LinesOf("source"), ElementsAre("1", "2"));
  EXPECT_EQ(host.metrics().collector_behind_bytes.Value(), 0);
}

}  // namespace
}  // namespace sluice::agent
