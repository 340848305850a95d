#include "consumer/cli/line_cutter.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::cli {
namespace {

using ::testing::ElementsAre;

// "part:line" of each record, with the input cut into pieces of `piece` bytes.
std::vector<std::string> Cut(std::string_view input, size_t piece) {
  LineCutter cutter(4);
  std::vector<std::string> records;
  const auto take = [&](std::string_view line, v1::LinePart part) {
    records.push_back(std::to_string(part) + ":" + std::string(line));
    return true;
  };
  while (!input.empty()) {
    cutter.Feed(input.substr(0, piece), take);
    input.remove_prefix(std::min(piece, input.size()));
  }
  cutter.End(take);
  return records;
}

TEST(LineCutterTest, CutsAtNewlinesWhateverThePieces) {
  for (size_t piece : {1, 2, 3, 5, 100}) {
    EXPECT_THAT(Cut("a\n\nbc\r\nd", piece), ElementsAre("0:a", "0:", "0:bc\r", "4:d"));
    EXPECT_THAT(Cut("", piece), ElementsAre());
    EXPECT_THAT(Cut("\n", piece), ElementsAre("0:"));
  }
}

TEST(LineCutterTest, DividesLongLinesIntoMarkedParts) {
  for (size_t piece : {1, 2, 3, 5, 100}) {
    EXPECT_THAT(Cut("1234\n", piece), ElementsAre("0:1234"));
    EXPECT_THAT(Cut("12345\nx\n", piece), ElementsAre("1:1234", "3:5", "0:x"));
    EXPECT_THAT(Cut("123456789\n", piece), ElementsAre("1:1234", "2:5678", "3:9"));
    EXPECT_THAT(Cut("12345678", piece), ElementsAre("1:1234", "5:5678"));
    EXPECT_THAT(Cut("1234", piece), ElementsAre("4:1234"));
  }
}

TEST(LineCutterTest, StopsWhenNoMoreIsTaken) {
  LineCutter cutter(4);
  int taken = 0;
  EXPECT_FALSE(cutter.Feed("a\nb\n", [&](std::string_view, v1::LinePart) { return ++taken < 1; }));
  EXPECT_EQ(taken, 1);
}

}  // namespace
}  // namespace sluice::cli
