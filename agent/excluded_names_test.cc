// Files that are rotated to names which their source does not include: what is left of them comes all the same.
#include <string>
#include <vector>

#include "agent/testing/numbered_lines.h"
#include "agent/testing/test_host.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::agent {
namespace {

using ::testing::ElementsAre;

TestHost::Options OnlyLogs() {
  TestHost::Options options;
  options.source.include = {"*.log"};
  return options;
}

TEST(ExcludedNamesTest, FindsAFileThatWasRotatedToAnExcludedNameWhileTheAgentWasDown) {
  TestHost host(OnlyLogs());
  host.Append("app.log", "1\n");
  host.StartAgent();
  host.Settle();
  host.KillAgent();
  host.Append("app.log", "2\n");
  host.Rename("app.log", "app.log.1");
  host.Append("app.log", "3\n");
  host.StartAgent();
  host.SettleAll();
  EXPECT_THAT(host.collector().LinesOf("source"), ElementsAre("1", "2", "3"));
}

// Archives are excluded: only the rest of what was followed is read from them.
TEST(ExcludedNamesTest, FindsAFileThatWasCompressedToAnExcludedNameWhileTheAgentWasDown) {
  for (const bool copies : {false, true}) {
    TestHost host;
    host.Append("app.log", "never seen again, and delivered\n");
    host.Compress("app.log", "app.log.2.gz");
    host.StartAgent();
    host.Settle();
    host.Rename("app.log", "gone");
    host.Delete("gone");
    host.SettleAll();
    host.Append("app.log", "1\n");
    host.Settle();
    host.SaveCheckpoint();
    host.KillAgent();
    host.Append("app.log", "2\nlast");
    host.Compress("app.log", "app.log.1.gz");
    copies ? host.Truncate("app.log") : host.Delete("app.log");
    host.WriteNew("other.log", "unknown\n");
    host.Compress("other.log", "other.log.1.gz");
    host.Delete("other.log");
    host.Append("app.log", "3\n");
    host.StartAgent();
    host.SettleAll();
    EXPECT_THAT(host.collector().LinesOf("source"),
                ElementsAre("never seen again, and delivered", "1", "2", "last", "3"));
    EXPECT_EQ(Lost(host), 0);
    EXPECT_EQ(host.tracker().table().size(), 1) << "it is let go when it is read";
    host.SaveCheckpoint();
    host.KillAgent();
    host.StartAgent();
    host.Settle();
    EXPECT_EQ(host.tracker().table().size(), 1) << "it is not looked at again";
  }
}

TEST(ExcludedNamesTest, FollowsARotatedFileUnderAnExcludedNameUntilItIsQuiet) {
  TestHost host(OnlyLogs());
  host.Append("app.log", "1\n");
  host.StartAgent();
  host.Settle();
  host.Rename("app.log", "app.log.1");
  host.Append("app.log.1", "2\nlast");
  host.Append("app.log", "3\n");
  host.SettleAll();
  std::vector<StoredLine> all = host.collector().All();
  EXPECT_THAT(host.collector().LinesOf("source"), ElementsAre("1", "2", "3", "last"));
  EXPECT_EQ(all.back().record.part(), v1::LINE_PART_UNTERMINATED);
  EXPECT_EQ(host.tracker().table().size(), 1);
}

}  // namespace
}  // namespace sluice::agent
