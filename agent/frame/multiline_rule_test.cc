#include "agent/frame/multiline_rule.h"

#include <string>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"

namespace sluice::agent {
namespace {

MultilineRule Rule(const MultilineOptions& options) {
  absl::StatusOr<MultilineRule> rule = MultilineRule::Create(options);
  EXPECT_TRUE(rule.ok()) << rule.status();
  return *rule;
}

// 'b' for each line that begins a record, '.' for one that goes on, '?' for one that may.
std::string Verdicts(const MultilineRule& rule, const std::vector<std::string_view>& lines) {
  std::string verdicts;
  MultilineRule::State state;
  for (std::string_view line : lines) {
    const LineVerdict verdict = verdicts.empty() ? LineVerdict::kBegins : rule.Next(line, &state);
    if (verdict == LineVerdict::kBegins) rule.First(line, &state);
    verdicts += verdict == LineVerdict::kBegins ? 'b' : verdict == LineVerdict::kContinues ? '.' : '?';
  }
  return verdicts;
}

TEST(MultilineRuleTest, AStartBeginsARecord) {
  const MultilineRule rule = Rule({.start = R"(^\d{4}-\d{2}-\d{2} )"});
  EXPECT_EQ(Verdicts(rule, {"2026-11-20 one", "two", "", "20-11 three", "2026-11-20 four", ":"}), "b...b.");
  EXPECT_EQ(Verdicts(Rule({.start = "ERROR|INFO"}), {"x INFO a", "b", "y ERROR c", "d"}), "b.b.") << "anywhere";
}

TEST(MultilineRuleTest, AContinuationGoesOn) {
  const MultilineRule rule = Rule({.continuation = R"(^(\s|Caused by:))"});
  EXPECT_EQ(Verdicts(rule, {"a", " b", "\tc", "Caused by: d", "Dear e", "", " f"}), "b...bb.");
  EXPECT_EQ(Verdicts(Rule({.continuation = R"(^$|^\|)"}), {"a", "", "|", "b"}), "b..b") << "an empty line may match";
}

TEST(MultilineRuleTest, AnIndentedLineGoesOn) {
  EXPECT_EQ(Verdicts(Rule({.indented = true}), {"a", " b", "\tc", "", "d"}), "b..bb");
}

TEST(MultilineRuleTest, TellsWhatIsNoExpression) {
  EXPECT_EQ(MultilineRule::Create({.start = "(a"}).status().message(),
            "start: found \"(a\"; it is no RE2 expression: missing ): (a");
  EXPECT_EQ(MultilineRule::Create({.continuation = std::string(5000, 'a')}).status().message(),
            "continuation: found an expression of 5000 bytes; allowed are 4096");
}

}  // namespace
}  // namespace sluice::agent
