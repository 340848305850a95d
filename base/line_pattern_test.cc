#include "base/line_pattern.h"

#include <random>
#include <string>
#include <vector>

#include "base/test_seed.h"
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
                                             "^[\\x00-\\x10]",
                                             "ab?x",
                                             "xé*a",
                                             "é?x",
                                             "ab{0}",
                                             "ERR|at",
                                             "ERR(OR|at)",
                                             "(?i)err",
                                             R"(\.\.)",
                                             R"(a\|b)",
                                             R"(2026\-01)"};
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

// Nor the text that matches begin with.
TEST(LinePatternTest, OfRandomExpressionsToo) {
  const uint64_t seed = TestSeed();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  const auto some = [&random](const std::vector<std::string>& parts, size_t count) {
    std::string text;
    for (size_t i = 0; i < count; ++i) text += parts[random() % parts.size()];
    return text;
  };
  const std::vector<std::string> parts = {"a",   "b", "a", "b",   "é",    "|",       "*",     "+",
                                          "?",   "(", ")", ".",   "\\.",  "{2}",     "{0,1}", "[ab]",
                                          "\\|", "^", "$", "\\b", "(?i)", "\\Qa\\E", "(?:"};
  int compiled_count = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string pattern = some(parts, 1 + random() % 6);
    const auto compiled = LinePattern::Compile(pattern);
    if (!compiled.ok()) continue;
    ++compiled_count;
    const re2::RE2 oracle(pattern);
    for (int n = 0; n < 10; ++n) {
      const std::string line = some({"a", "b", "é", ".", "|", "A"}, random() % 8);
      ASSERT_EQ((*compiled)->Matches(line), re2::RE2::PartialMatch(line, oracle)) << pattern << " in '" << line << "'";
    }
  }
  EXPECT_GT(compiled_count, 5'000);
}

TEST(LinePatternTest, TellsWhatIsNoExpression) {
  EXPECT_EQ(LinePattern::Compile("").status().message(), "found \"\"; expected an RE2 expression");
  EXPECT_EQ(LinePattern::Compile("a**").status().message(),
            "found \"a**\"; it is no RE2 expression: bad repetition operator: **");
}

}  // namespace
}  // namespace sluice
