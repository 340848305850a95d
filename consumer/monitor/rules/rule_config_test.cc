#include "consumer/monitor/rules/rule_config.h"

#include <string>
#include <string_view>
#include <vector>

#include "base/strings.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::monitor {
namespace {

using ::testing::StartsWith;

std::vector<Rule> Read(std::string_view yaml) {
  const ConfigFile file = ConfigFile::Parse(yaml, "monitor.yaml").value();
  std::vector<Rule> rules = ReadRules(file.root(), DefaultAccessOrigin());
  EXPECT_TRUE(file.Finish().ok()) << file.Finish();
  return rules;
}

std::string Errors(std::string_view yaml) {
  const ConfigFile file = ConfigFile::Parse(yaml, "F").value();
  ReadRules(file.root(), DefaultAccessOrigin());
  return std::string(file.Finish().message());
}

TEST(RuleConfigTest, HasHighTrafficWithoutBeingAsked) {
  const std::vector<Rule> rules = Read("");
  ASSERT_EQ(rules.size(), 1);
  EXPECT_EQ(rules[0].name, "high_traffic");
  EXPECT_EQ(rules[0].condition, Condition::kRate);
  EXPECT_EQ(rules[0].window, absl::Minutes(2));
  EXPECT_EQ(rules[0].threshold, 10);
  EXPECT_EQ(rules[0].message, "High traffic generated an alert - hits = {value}, triggered at {time}");
  EXPECT_EQ(rules[0].filter.paths[0].pattern(), "/var/log/access.log");
  EXPECT_TRUE(Read("high_traffic: {enabled: false}").empty());
}

TEST(RuleConfigTest, ReadsARule) {
  const std::vector<Rule> rules = Read(R"(
high_traffic: {threshold: 2.5, window: 30s, topics: [web.*]}
rules:
  - name: checkout-errors
    condition: ratio
    filter: {topics: [shop.*], labels: {service: shop}, host: "web-*"}
    of: {severity: error, regex: "^pay"}
    group_by: [host, attributes.region]
    window: 10m
    above: 0.05
    recover: 0.01
    for: 1m
    minimum: 50
    severity: fatal
    message: "{value} of {attributes.region}"
    labels: {team: shop}
    groups_max: 20
    forget: 1h
)");
  ASSERT_EQ(rules.size(), 2);
  EXPECT_EQ(rules[0].threshold, 2.5);
  EXPECT_EQ(rules[0].filter.topics[0].pattern(), "web.*");
  EXPECT_TRUE(rules[0].filter.paths.empty());
  const Rule& rule = rules[1];
  EXPECT_EQ(rule.condition, Condition::kRatio);
  EXPECT_EQ(rule.filter.fields.size(), 2);
  EXPECT_EQ(rule.of.min_severity, v1::SEVERITY_ERROR);
  EXPECT_EQ(rule.group_by.size(), 2);
  EXPECT_EQ(rule.hold, absl::Minutes(1));
  EXPECT_EQ(rule.recover, 0.01);
  EXPECT_EQ(rule.minimum, 50);
  EXPECT_EQ(rule.groups_max, 20);
  EXPECT_EQ(rule.labels.at("team"), "shop");
}

TEST(RuleConfigTest, TellsRulesApartByWhatTheySay) {
  const auto fingerprint = [](std::string_view yaml) { return Read(yaml)[1].fingerprint; };
  const std::string one = fingerprint("rules: [{name: a, condition: count, above: 1}]");
  EXPECT_EQ(one, fingerprint("rules: [{above: 1, name: a, condition: count, window: 5m}]"));
  EXPECT_NE(one, fingerprint("rules: [{name: a, condition: count, above: 2}]"));
  EXPECT_NE(one, fingerprint("rules: [{name: a, condition: count, above: 1, filter: {topics: [x]}}]"));
  EXPECT_NE(one, fingerprint("rules: [{name: a, condition: count, above: 1, group_by: [topic]}]"));
}

TEST(RuleConfigTest, SaysWhatIsWrongAndWhere) {
  const std::pair<std::string_view, std::string_view> kCases[] = {
      {"{name: a, condition: count, above: 1, windw: 5m}",
       "F:1: rules[0].windw: unknown key; did you mean \"window\"?"},
      {"{name: a, condition: count, above: 1, window: 0s}",
       "F:1: rules[0].window: found \"0s\"; expected a duration from 1s to 7d"},
      {"{name: a, condition: count, above: many}", "F:1: rules[0].above: found \"many\"; expected a number"},
      {"{name: a, condition: count, above: 1, filter: {regex: \"(\"}}",
       "F:1: rules[0].filter.regex: found \"(\"; it is no RE2 expression: missing ): ("},
      {"{name: a, condition: sum, above: 1}",
       "F:1: rules[0].condition: found \"sum\"; expected one of count, rate, average, ratio, distinct, percentile, "
       "absence"},
      {"{name: a, condition: average, above: 1}",
       "F:1: rules[0].field: expected a field, which average is of, such as attributes.duration"},
      {"{name: a, condition: count}", "F:1: rules[0].above: expected above or below, a number; a rule has one of them"},
      {"{name: a, condition: count, above: 1, below: 1}",
       "F:1: rules[0].below: found both above and below; a rule has one of them"},
      {"{name: a, condition: count, above: 1, recover: 2}",
       "F:1: rules[0].recover: found 2; expected a number not above 1, which begins the alert"},
      {"{name: a, condition: count, below: 1, group_by: [labels]}",
       "F:1: rules[0].group_by: found \"labels\"; expected topic, "},
      {"{name: a, condition: count, above: 1, message: \"{x}\"}",
       "F:1: rules[0].message: found {x}; expected {value}, {threshold}, {rule}, {group}, {window}, {time}, {since}, "
       "{duration} (and the fields of group_by, of which there are none)"},
      {"{name: a, condition: count, above: 1, severity: bad}",
       "F:1: rules[0].severity: found \"bad\"; expected trace, debug, info, warn, error or fatal"},
      {"{name: high_traffic, condition: count, above: 1}",
       "F:1: rules[0].name: found \"high_traffic\", as another rule; names must differ"},
      {"{name: a b, condition: count, above: 1}",
       "F:1: rules[0].name: found \"a b\"; expected 1 to 128 letters, digits, '.', '_' and '-'"},
      {"{name: a, condition: count, above: 1, filter: {topics: [\"a[\"]}}",
       "F:1: rules[0].filter.topics: found \"a[\"; unclosed '[' at character 2 of \"a[\""},
      {"{name: a, condition: distinct, field: host, above: 1000000}",
       "F:1: rules[0].above: found 1000000; a rule keeps 200000 values at most"},
  };
  for (const auto& [rule, error] : kCases)
    EXPECT_THAT(Errors(StrCat("rules: [", rule, "]")), StartsWith(std::string(error)));
  EXPECT_EQ(Errors("high_traffic: {threshold: ten}"), "F:1: high_traffic.threshold: found \"ten\"; expected a number");
}

}  // namespace
}  // namespace sluice::monitor
