#include "base/nearest_word.h"

#include <gtest/gtest.h>

#include <string>

namespace sluice {
namespace {

TEST(NearestWordTest, FindsWhatWasMeant) {
  const std::vector<std::string_view> words = {"exclude", "include", "labels", "name", "parser", "root", "state_dir"};
  EXPECT_EQ(NearestWord("parsr", words), "parser");
  EXPECT_EQ(NearestWord("praser", words), "parser");  // swapped
  EXPECT_EQ(NearestWord("Parser", words), "parser");
  EXPECT_EQ(NearestWord("label", words), "labels");
  EXPECT_EQ(NearestWord("inclued", words), "include");
  EXPECT_EQ(NearestWord("state-dir", words), "state_dir");
  EXPECT_EQ(NearestWord("rot", words), "root");
}

TEST(NearestWordTest, DoesNotGuessWildly) {
  const std::vector<std::string_view> words = {"exclude", "include", "x"};
  EXPECT_EQ(NearestWord("collector", words), "");
  EXPECT_EQ(NearestWord("", words), "");
  EXPECT_EQ(NearestWord("y", words), "");
  EXPECT_EQ(NearestWord("include", {}), "");
  EXPECT_EQ(NearestWord(std::string(100'000, 'i'), words), "");
}

}  // namespace
}  // namespace sluice
