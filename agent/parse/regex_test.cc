#include "agent/parse/regex.h"

#include <memory>
#include <string>
#include <string_view>

#include "agent/parse/show.h"
#include "gtest/gtest.h"

namespace sluice::agent {
namespace {

std::string Found(const std::string& pattern, std::string_view text) {
  auto regex = CompiledRegex::Compile(pattern, FieldSelection::All());
  if (!regex.ok()) return regex.status().ToString();
  TimeReader times;
  ParsedLine line;
  (*regex)->Parse(text, &times, &line);
  return Show(line);
}

TEST(RegexTest, NamedGroupsBecomeAttributesTimeAndSeverity) {
  const std::string pattern = R"((?P<time>\S+) <(?P<level>\w+)> (?:user=(?P<user>\w*) )?(?P<msg>.*))";
  EXPECT_EQ(Found(pattern, "2026-11-20T09:15:39Z <warn> user=ann bought 3"),
            "2026-11-20T09:15:39Z WARN warn time=2026-11-20T09:15:39Z level=warn user=ann msg=bought 3");
  EXPECT_EQ(Found(pattern, "2026-11-20T09:15:39Z <warn> bought 3"),
            "2026-11-20T09:15:39Z WARN warn time=2026-11-20T09:15:39Z level=warn msg=bought 3")
      << "a group that took no part is left out";
  EXPECT_EQ(Found(pattern, "noon <odd> user= x"), "- - odd time=noon level=odd user= msg=x");
  EXPECT_EQ(Found(pattern, "no match"), "- - -");
  EXPECT_EQ(Found(pattern, ""), "- - -");
  EXPECT_EQ(Found("(?P<code>[0-9]+)", "found anywhere: 42"), "- - - code=42");
}

TEST(RegexTest, GivesTheWantedGroupsOnly) {
  auto regex = CompiledRegex::Compile("(?P<level>\\w+) (?P<a>x+)(?P<b>y*)", *FieldSelection::Named({"b"}));
  ASSERT_TRUE(regex.ok());
  TimeReader times;
  ParsedLine line;
  EXPECT_TRUE((*regex)->Parse("info xxy", &times, &line));
  EXPECT_EQ(Show(line), "- INFO info b=y");
  EXPECT_FALSE((*regex)->Parse("info", &times, &line));
}

TEST(RegexTest, SaysWhatIsWrongWithAnExpression) {
  EXPECT_EQ(Found("(?P<a>x", ""), "INVALID_ARGUMENT: regex '(?P<a>x' is no RE2 expression: missing ): (?P<a>x");
  EXPECT_EQ(Found("(x)", ""),
            "INVALID_ARGUMENT: regex '(x)' names no group; write (?P<level>…) or (?P<time>…) around what is wanted");
  std::string many;
  for (int i = 0; i < 33; ++i) many += "(x)";
  EXPECT_EQ(Found(many, ""),
            "INVALID_ARGUMENT: regex '" + many + "' has 33 groups; at most 32 are allowed, (?:…) does not count");
  const std::string longest = "(?P<level>" + std::string(4096 - 11, 'x') + ")";
  EXPECT_EQ(Found(longest, ""), "- - -");
  EXPECT_EQ(Found(longest + "x", ""), "INVALID_ARGUMENT: regex has 4097 bytes; allowed are 4096");
}

}  // namespace
}  // namespace sluice::agent
