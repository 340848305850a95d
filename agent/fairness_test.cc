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
  EXPECT_LT(host.collector().LinesOf("a").size(), 40);
  host.clock().Advance(60'000'000'000);
  host.Settle();
  EXPECT_EQ(host.collector().LinesOf("a").size(), 50);
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
  host.Append("slow/x.log", Lines(1 << 20));
  host.Settle();
  host.Append("slow/x.log", "held back\n");
  host.Append("fast/x.log", "at once\n");
  host.Settle();
  EXPECT_THAT(host.collector().LinesOf("fast"), ElementsAre("at once"));
  EXPECT_THAT(host.collector().LinesOf("slow"), ::testing::Not(::testing::Contains("held back")));
  host.clock().Advance(int64_t{1100} * 1'000'000'000);
  host.Settle();
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
