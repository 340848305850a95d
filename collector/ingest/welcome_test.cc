#include "collector/ingest/welcome.h"

#include "gtest/gtest.h"

namespace sluice::collector {
namespace {

std::deque<v1::PushResponse> WelcomesFor(size_t files) {
  std::vector<v1::FileWatermark> watermarks(files);
  for (size_t i = 0; i < files; ++i) watermarks[i].set_end_offset(i);
  return MakeWelcomes(std::move(watermarks), 3, 1000);
}

TEST(WelcomeTest, IsOneCompleteMessageForAnUnknownAgent) {
  auto welcomes = WelcomesFor(0);
  ASSERT_EQ(welcomes.size(), 1);
  EXPECT_TRUE(welcomes[0].welcome().complete());
  EXPECT_EQ(welcomes[0].welcome().max_message_bytes(), 1000);
}

TEST(WelcomeTest, SpreadsManyFilesInOrderAndMarksTheLastMessage) {
  for (size_t files : {1, 2, 3, 4, 6, 7, 100}) {
    auto welcomes = WelcomesFor(files);
    ASSERT_EQ(welcomes.size(), (files + 2) / 3);
    uint64_t next = 0;
    for (size_t i = 0; i < welcomes.size(); ++i) {
      EXPECT_EQ(welcomes[i].welcome().complete(), i + 1 == welcomes.size());
      EXPECT_LE(welcomes[i].welcome().files_size(), 3);
      for (const auto& file : welcomes[i].welcome().files()) EXPECT_EQ(file.end_offset(), next++);
    }
    EXPECT_EQ(next, files);
  }
}

}  // namespace
}  // namespace sluice::collector
