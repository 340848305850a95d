#include "consumer/cli/color.h"

#include <set>
#include <string>

#include "gtest/gtest.h"

namespace sluice::cli {
namespace {

TEST(ColorTest, IsOnlyForTerminalsUnlessAskedFor) {
  std::FILE* file = std::tmpfile();
  EXPECT_FALSE(UseColor(ColorMode::kAuto, file));
  EXPECT_TRUE(UseColor(ColorMode::kAlways, file));
  EXPECT_FALSE(UseColor(ColorMode::kNever, file));
  std::fclose(file);
}

TEST(ColorTest, ATopicHasItsColorAndOthersHaveOthers) {
  EXPECT_EQ(TopicColor("checkout"), TopicColor("checkout"));
  std::set<std::string_view> colors;
  for (int i = 0; i < 100; ++i) colors.insert(TopicColor(std::to_string(i)));
  EXPECT_GT(colors.size(), 8);
}

TEST(ColorTest, SeveritiesGoByRange) {
  EXPECT_EQ(SeverityColor(v1::SEVERITY_ERROR), SeverityColor(v1::SEVERITY_ERROR4));
  EXPECT_NE(SeverityColor(v1::SEVERITY_ERROR), SeverityColor(v1::SEVERITY_WARN4));
  EXPECT_NE(SeverityColor(v1::SEVERITY_ERROR), SeverityColor(v1::SEVERITY_FATAL));
}

}  // namespace
}  // namespace sluice::cli
