#include "consumer/cli/table.h"

#include "consumer/cli/color.h"
#include "gtest/gtest.h"

namespace sluice::cli {
namespace {

TEST(TableTest, AlignsColumnsAndLeavesNothingBehindLines) {
  Table table({{"NAME"}, {"N", Table::Align::kRight}, {"LAST"}});
  table.AddRow({{"a"}, {"1,000"}, {"x"}});
  table.AddRow({{"München"}, {"2"}, {"longer"}});
  EXPECT_EQ(table.Render(false),
            "NAME         N  LAST\n"
            "a        1,000  x\n"
            "München      2  longer\n");
}

TEST(TableTest, ColorsCellsWithoutMovingThem) {
  Table table({{"NAME"}, {"N"}});
  table.AddRow({{"a", kGreen}, {"1"}});
  EXPECT_EQ(table.Render(true), "\x1b[1mNAME\x1b[0m  \x1b[1mN\x1b[0m\n\x1b[32ma\x1b[0m     1\n");
}

TEST(TableTest, MakesControlCharactersVisible) {
  Table table({{"NAME"}});
  table.AddRow({{"\x1b[2J"}});
  EXPECT_EQ(table.Render(false), "NAME\n\\x1b[2J\n");
}

}  // namespace
}  // namespace sluice::cli
