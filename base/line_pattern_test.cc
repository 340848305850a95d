#include "base/line_pattern.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "re2/re2.h"

namespace sluice {
namespace {

// The first byte's range must never say no where RE2 says yes.
TEST(LinePatternTest, IsWhatRe2Says) {
  const std::vector<std::string> patterns = {R"(^\d{4}-)",
                                             R"(^\s)",
                                             R"(^[[:space:]]+(at|\.{3}) )",
                                             "^(ERROR|INFO|\\[)",
                                             "ERROR",
                                             "^",
                                             "^$",
                                             "^a?",
                                             "(?i)^error",
                                             R"(^[^\s])",
                                             "^.",
                                             R"(^(\d|)x)",
                                             "$",
                                             "",
                                             "^é",
                                             R"(\bx)",
                                             R"(^\xff|^a)",
                                             "(^a|b)",
                                             "(?m)^a",
                                             "^a|x",
                                             "^[(]a|x",
                                             "^\\(a|x",
                                             "^[]|]x",
                                             "^[[:digit:](]|x",
                                             "^?x",
                                             "^(a|x)",
                                             "^[\\](]|x",
                                             R"(\Aab)",
                                             "^[\\x00-\\x10]"};
  std::vector<std::string> lines = {"",  "2026-01-01", "error", "ERROR", " at x", "\tat",
                                    "é", "x",          "ab",    "\nab",  "-\na"};
  for (int c = 0; c < 256; ++c) lines.push_back(std::string(1, static_cast<char>(c)) + "x");
  for (const std::string& pattern : patterns) {
    const re2::RE2 oracle(pattern);
    ASSERT_TRUE(oracle.ok());
    if (pattern.empty()) continue;
    const auto compiled = LinePattern::Compile(pattern);
    ASSERT_TRUE(compiled.ok()) << compiled.status();
    for (const std::string& line : lines) {
      EXPECT_EQ((*compiled)->Matches(line), re2::RE2::PartialMatch(line, oracle)) << pattern << " in '" << line << "'";
    }
  }
}

TEST(LinePatternTest, TellsWhatIsNoExpression) {
  EXPECT_EQ(LinePattern::Compile("").status().message(), "found \"\"; expected an RE2 expression");
  EXPECT_EQ(LinePattern::Compile("a**").status().message(),
            "found \"a**\"; it is no RE2 expression: bad repetition operator: **");
}

}  // namespace
}  // namespace sluice
