// Who is read when: live files beside a backlog, limits, idle files.
#include <string>

#include "agent/testing/test_host.h"
#include "base/strings.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::agent {
namespace {

using ::testing::ElementsAre;

std::string Lines(size_t bytes) {
  std::string text;
  while (text.size() < bytes) text += "0123456789012345678901234567890123456789012345678901234567890123456789\n";
  return text;
}

void SettleSeconds(int seconds, TestHost* host) {
  for (int step = 0; step < 20 * seconds; ++step) {
    host->clock().Advance(50'000'001);
    host->Settle();
  }
}

TEST(FairnessTest, ALiveLineGoesOutBeforeTheBacklogIsRead) {
  TestHost host;
  host.MakeDirectory("big");
  host.MakeDirectory("live");
  host.StartAgent();
  host.Append("live/x.log", "first\n");
  host.Settle();
  for (int i = 0; i < 8; ++i) host.Append(StrCat("big/", i, ".log"), Lines(3 << 20));
  host.Work();  // the backlog fills its part of the window
  const size_t before = host.collector().waiting();
  ASSERT_GT(before, 0);
  host.Append("live/x.log", "second\n");
  host.Work();
  host.collector().Process(before + 1, /*acknowledge=*/true);
  EXPECT_THAT(host.collector().LinesOf("live"), ElementsAre("first", "second"));
}

TEST(FairnessTest, ABacklogLeavesRoomInTheWindow) {
  TestHost host;
  host.MakeDirectory("big");
  host.StartAgent();
  host.Append("big/x.log", Lines(20 << 20));
  host.collector().Connect();
  host.Work();
  EXPECT_LE(host.metrics().bytes_in_flight.Value(), 10 << 20);
  host.Settle();
  EXPECT_GT(host.collector().LinesOf("big").size(), 250'000);
}

TEST(FairnessTest, ManyLiveFilesDoNotStarveABacklog) {
  TestHost host;
  host.MakeDirectory("big");
  host.MakeDirectory("live");
  host.StartAgent();
  host.Append("live/x.log", "first\n");
  host.Settle();
  host.Append("big/x.log", Lines(3 << 20));
  for (int round = 0; round < 12 && host.collector().LinesOf("big").empty(); ++round) {
    for (int i = 0; i < 10; ++i) host.Append(StrCat("live/", i, ".log"), Lines(100 << 10));
    host.Work();
    host.collector().Process(2, /*acknowledge=*/true);
  }
  EXPECT_FALSE(host.collector().LinesOf("big").empty());
}

TEST(FairnessTest, ALimitHoldsBackReadingAndDropsNothing) {
  TestHost::Options options;
  options.limits.lines_per_second = 10;
  TestHost host(options);
  host.MakeDirectory("a");
  host.StartAgent();
  for (int i = 0; i < 5; ++i) {
    host.Append("a/x.log", "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n");
    host.Settle();
  }
  EXPECT_EQ(host.collector().LinesOf("a").size(), 10);
  SettleSeconds(4, &host);
  EXPECT_EQ(host.collector().LinesOf("a").size(), 50);
}

TEST(FairnessTest, ALimitLetsThroughASecondsWorthAndThenEvenly) {
  TestHost::Options options;
  options.limits.lines_per_second = 100;
  for (bool multiline : {false, true}) {
    if (multiline) options.source.framing.multiline = MultilineOptions{.indented = true};
    TestHost host(options);
    host.MakeDirectory("a");
    host.StartAgent();
    std::string lines;
    for (int i = 0; i < 2000; ++i) StrAppend(&lines, i, "\n");
    const int64_t begin = host.clock().MonotonicNanos();
    host.Append("a/x.log", lines);
    for (int step = 0; step < 20; ++step) {
      host.Settle();
      // A second's worth, and what came since, in steps of a twentieth of a second: five lines.
      const int64_t allowed = 100 + (host.clock().MonotonicNanos() - begin) / 10'000'000;
      EXPECT_LE(host.collector().LinesOf("a").size(), allowed);
      EXPECT_GE(host.collector().LinesOf("a").size(), allowed - 10);
      host.clock().Advance(30'000'000);
    }
    SettleSeconds(22, &host);
    EXPECT_EQ(host.collector().LinesOf("a").size(), 2000);
    EXPECT_EQ(host.collector().LinesOf("a").front(), "0");
  }
}

TEST(FairnessTest, ALimitInBytesOverdrawsForOneRecordAtMost) {
  TestHost::Options options;
  options.limits.bytes_per_second = 1000;
  TestHost host(options);
  host.MakeDirectory("a");
  host.StartAgent();
  host.Append("a/x.log", Lines(710) + std::string(100'000, 'x') + "\n" + Lines(710));
  host.Settle();
  EXPECT_EQ(host.collector().LinesOf("a").size(), 11) << "with a line that is longer than what is left";
  const int64_t begin = host.clock().MonotonicNanos();
  for (int step = 0; step < 2500 && host.collector().LinesOf("a").size() == 11; ++step) {
    host.clock().Advance(50'000'000);
    host.Settle();
  }
  const double waited = static_cast<double>(host.clock().MonotonicNanos() - begin) / 1e9;
  EXPECT_NEAR(waited, 99.8, 0.5) << "which is waited for";
  SettleSeconds(2, &host);
  EXPECT_EQ(host.collector().LinesOf("a").size(), 21);
}

TEST(FairnessTest, ALiveLineDoesNotWaitUntilABacklogHasPaid) {
  TestHost::Options options;
  options.limits.lines_per_second = 100;
  TestHost host(options);
  host.MakeDirectory("old");
  host.MakeDirectory("live");
  host.StartAgent();
  host.Append("live/x.log", "first\n");
  host.Settle();
  host.Append("old/x.log", Lines(1 << 20));
  host.Settle();
  host.Append("live/x.log", "second\n");
  host.clock().Advance(50'000'001);
  host.Settle();
  EXPECT_THAT(host.collector().LinesOf("live"), ElementsAre("first", "second"));
}

TEST(FairnessTest, ASourceHeldBackByItsLimitDelaysNoOther) {
  TestHost::Options options;
  options.source.name = "slow";
  options.source.root = "slow";
  TestHost host(options);
  host.MakeDirectory("slow");
  host.MakeDirectory("fast");
  host.StartAgent();
  SourceOptions slow = options.source;
  SourceOptions fast;
  fast.name = fast.root = "fast";
  host.Reload({slow, fast});
  host.SetSourceLimit("slow", {.bytes_per_second = 1000});
  host.Append("slow/x.log", Lines(3000));
  host.Settle();
  host.Append("slow/x.log", "held back\n");
  host.Append("fast/x.log", "at once\n");
  host.Settle();
  EXPECT_THAT(host.collector().LinesOf("fast"), ElementsAre("at once"));
  EXPECT_THAT(host.collector().LinesOf("slow"), ::testing::Not(::testing::Contains("held back")));
  SettleSeconds(3, &host);
  EXPECT_THAT(host.collector().LinesOf("slow"), ::testing::Contains("held back"));
}

TEST(FairnessTest, ALineCostsTheSameHoweverManyIdleFilesThereAre) {
  auto looks_at_files = [](int idle_files) {
    TestHost host;
    for (int i = 0; i < idle_files; ++i) host.Append(StrCat("idle-", i, ".log"), "one\n");
    host.Append("live.log", "one\n");
    host.StartAgent();
    host.Settle();
    int looks = 0;
    host.files().Meanwhile([&looks] { ++looks; });
    host.Append("live.log", "two\n");
    host.Settle();
    EXPECT_EQ(host.collector().LinesOf("source").size(), static_cast<size_t>(idle_files) + 2);
    return looks;
  };
  const int alone = looks_at_files(0);
  EXPECT_GT(alone, 0);
  EXPECT_EQ(looks_at_files(300), alone);
}

TEST(FairnessTest, IdleFilesAreClosedAndOpenedAgainWhenTheyChange) {
  TestHost::Options options;
  options.close_idle = absl::Minutes(5);
  options.source.include = {"**/*.log"};
  TestHost host(options);
  host.MakeDirectory("a");
  host.StartAgent();
  host.Append("a/x.log", "1\n");
  host.Append("a/y.log", "1\n");
  host.Settle();
  host.tracker().UpdateGauges();
  EXPECT_EQ(host.metrics().files_open.Value(), 2);
  host.clock().Advance(int64_t{400} * 1'000'000'000);
  host.Settle();
  host.tracker().UpdateGauges();
  EXPECT_EQ(host.metrics().files_open.Value(), 0);
  EXPECT_EQ(host.metrics().files.Value(), 2);
  host.Append("a/x.log", "2\n");
  // Grown, and renamed to where no source looks, before it could be opened again.
  host.Append("a/y.log", "2\n");
  host.Rename("a/y.log", "a/y.old");
  host.SettleAll();
  EXPECT_THAT(host.collector().LinesOf("a"), ElementsAre("1", "1", "2", "2"));
  EXPECT_TRUE(host.metrics().Losses().empty());
}

}  // namespace
}  // namespace sluice::agent
