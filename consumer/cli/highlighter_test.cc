#include "consumer/cli/highlighter.h"

#include "gtest/gtest.h"

namespace sluice::cli {
namespace {

// With [ and ] for the escape sequences.
std::string Show(std::string contains, const std::string& regex, std::string_view line) {
  std::string out;
  Highlighter(std::move(contains), regex).Append(line, &out);
  for (const auto& [from, to] : {std::pair("\x1b[7m", "["), std::pair("\x1b[0m", "]")}) {
    for (size_t at; (at = out.find(from)) != std::string::npos;) out.replace(at, std::string_view(from).size(), to);
  }
  return out;
}

TEST(HighlighterTest, ShowsEveryPlaceThatWasFound) {
  EXPECT_EQ(Show("", "", "plain"), "plain");
  EXPECT_EQ(Show("an", "", "banana"), "b[an][an]a");
  EXPECT_EQ(Show("", "n.", "banana"), "ba[na][na]");
  EXPECT_EQ(Show("b", "a$", "banana"), "[b]anan[a]");
  EXPECT_EQ(Show("not there", "", "banana"), "banana");
  EXPECT_EQ(Show("an", "", ""), "");
}

TEST(HighlighterTest, AnAnchorIsThatOfTheLine) { EXPECT_EQ(Show("", "^a", "aaa"), "[a]aa"); }

TEST(HighlighterTest, EmptyMatchesAndBadExpressionsShowNothing) {
  EXPECT_EQ(Show("", "x*", "abc"), "abc");
  EXPECT_EQ(Show("", "(", "abc("), "abc(");
}

TEST(HighlighterTest, WhatWasFoundIsNotExecutedEither) {
  EXPECT_EQ(Show("\x1b", "", "a\x1b[2J"), "a[\\x1b][2J");
  EXPECT_EQ(Show("", "ü", "für"), "f[ü]r");
}

}  // namespace
}  // namespace sluice::cli
