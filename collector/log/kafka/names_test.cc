#include "collector/log/kafka/names.h"

#include <map>
#include <string>

#include "gtest/gtest.h"

namespace sluice::collector::kafka {
namespace {

TEST(NamesTest, TellsTheLogsTopicsFromOthers) {
  const TopicNames names("logs-");
  EXPECT_EQ(names.ToKafka("app"), "logs-app");
  EXPECT_EQ(names.FromKafka("logs-app"), "app");
  EXPECT_EQ(names.FromKafka("other"), std::nullopt);
  EXPECT_EQ(names.FromKafka("logs-"), std::nullopt);
  EXPECT_EQ(names.FromKafka(names.watermarks()), std::nullopt);
  EXPECT_EQ(TopicNames("").FromKafka("__consumer_offsets"), std::nullopt);
}

TEST(NamesTest, AFilesNameSaysAllOfItsIdentity) {
  const FileKey file{2049, 1234, 1'700'000'000'000'000'000, 3};
  const std::string name = FileName("web-1", file);
  EXPECT_EQ(name, "web-1/2049:1234:1700000000000000000:3");
  const auto parsed = ParseFileName(name);
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->agent, "web-1");
  EXPECT_EQ(parsed->file, file);
}

TEST(NamesTest, RefusesKeysOfOthers) {
  for (const char* bad : {"", "web-1", "web-1/", "web-1/1:2:3", "web-1/1:2:3:", "web-1/1:2:3:4:5", "web-1/1:2:x:4",
                          "/1:2:3:4", "a b/1:2:3:4", "web-1/1:2:3:99999999999"}) {
    EXPECT_FALSE(ParseFileName(bad).has_value()) << bad;
  }
}

TEST(NamesTest, FilesSpreadOverPartitions) {
  std::map<int32_t, int> files;
  for (uint64_t inode = 0; inode < 3'000; ++inode) ++files[PartitionOf(FileName("a", {1, inode, 0, 0}), 3)];
  ASSERT_EQ(files.size(), 3u);
  for (const auto& [partition, count] : files) EXPECT_NEAR(count, 1'000, 150) << partition;
}

}  // namespace
}  // namespace sluice::collector::kafka
