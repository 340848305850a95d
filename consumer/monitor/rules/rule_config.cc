#include "consumer/monitor/rules/rule_config.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include "base/severity.h"
#include "base/status.h"
#include "base/strings.h"
#include "base/text.h"
#include "consumer/monitor/rules/message.h"

namespace sluice::monitor {
namespace {

constexpr absl::Duration kWindowMin = absl::Seconds(1);
constexpr absl::Duration kWindowMax = absl::Hours(7 * 24);
constexpr double kNumberMax = 1e15;
constexpr size_t kTextBytesMax = 4096;
constexpr size_t kGroupByMax = 8;
constexpr std::string_view kNameCharacters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";

constexpr std::pair<std::string_view, Condition> kConditions[] = {
    {"count", Condition::kCount},     {"rate", Condition::kRate},         {"average", Condition::kAverage},
    {"ratio", Condition::kRatio},     {"distinct", Condition::kDistinct}, {"percentile", Condition::kPercentile},
    {"absence", Condition::kAbsence},
};

bool NeedsField(Condition condition) {
  return condition == Condition::kAverage || condition == Condition::kDistinct || condition == Condition::kPercentile;
}

void ReadGlobs(const ConfigNode& node, std::string_view key, Glob::Kind kind, std::vector<Glob>* globs) {
  for (const std::string& pattern : node.Strings(key, {})) {
    absl::StatusOr<Glob> glob = Glob::Compile(pattern, kind);
    if (glob.ok()) {
      globs->push_back(*std::move(glob));
    } else {
      node.Fail(key, StrCat("found ", Quoted(pattern), "; ", MessageOf(glob.status())));
    }
  }
}

v1::Severity ReadSeverity(const ConfigNode& node, std::string_view key, v1::Severity fallback) {
  if (!node.Has(key)) return fallback;
  const std::string text = node.String(key, "");
  const v1::Severity severity = SeverityFromText(text);
  if (severity == v1::SEVERITY_UNSPECIFIED) {
    node.Fail(key, StrCat("found ", Quoted(text), "; expected trace, debug, info, warn, error or fatal"));
  }
  return severity;
}

void ReadFieldGlobs(const ConfigNode& node, std::string_view key, Filter* filter) {
  for (const auto& [name, pattern] : node.StringMap(key)) {
    absl::StatusOr<Field> field = Field::Parse(StrCat(key, ".", name));
    absl::StatusOr<Glob> glob = Glob::Compile(pattern, Glob::Kind::kTopic);
    const absl::Status& problem = field.ok() ? glob.status() : field.status();
    if (problem.ok()) {
      filter->fields.emplace_back(*std::move(field), *std::move(glob));
    } else {
      node.Fail(key, StrCat(name, ": found ", Quoted(pattern), "; ", MessageOf(problem)));
    }
  }
}

Filter ReadFilter(const ConfigNode& node) {
  Filter filter;
  ReadOrigin(node, {}, &filter);
  filter.min_severity = ReadSeverity(node, "severity", v1::SEVERITY_UNSPECIFIED);
  filter.contains = node.String("contains", "");
  if (node.Has("regex")) {
    absl::StatusOr<std::shared_ptr<const LinePattern>> pattern = LinePattern::Compile(node.String("regex", ""));
    if (pattern.ok()) {
      filter.regex = *std::move(pattern);
    } else {
      node.Fail("regex", MessageOf(pattern.status()));
    }
  }
  ReadFieldGlobs(node, "labels", &filter);
  ReadFieldGlobs(node, "attributes", &filter);
  ReadFieldGlobs(node, "access", &filter);
  if (node.Has("host")) {
    const std::string pattern = node.String("host", "");
    if (absl::StatusOr<Glob> glob = Glob::Compile(pattern, Glob::Kind::kTopic); glob.ok()) {
      filter.fields.emplace_back(*Field::Parse("host"), *std::move(glob));
    } else {
      node.Fail("host", StrCat("found ", Quoted(pattern), "; ", MessageOf(glob.status())));
    }
  }
  return filter;
}

std::optional<Field> ReadField(const ConfigNode& node, std::string_view key, const std::string& text) {
  absl::StatusOr<Field> field = Field::Parse(text);
  if (field.ok()) return *std::move(field);
  node.Fail(key, MessageOf(field.status()));
  return std::nullopt;
}

std::string ReadMessage(const ConfigNode& node, std::string_view key, std::string_view fallback, const Rule& rule) {
  std::string text = node.String(key, fallback);
  std::vector<std::string> fields;
  fields.reserve(rule.group_by.size());
  for (const Field& field : rule.group_by) fields.push_back(field.text());
  if (text.size() > kTextBytesMax) {
    node.Fail(key, StrCat("found ", text.size(), " bytes; at most ", kTextBytesMax, " are allowed"));
  } else if (const absl::Status status = CheckMessage(text, fields); !status.ok()) {
    node.Fail(key, MessageOf(status));
  }
  return text;
}

// `above` or `below`, and `recover`.
void ReadThreshold(const ConfigNode& node, Rule* rule) {
  if (rule->condition == Condition::kAbsence) {
    rule->threshold = absl::ToDoubleSeconds(rule->window);
    return;
  }
  const bool above = node.Has("above");
  const bool below = node.Has("below");
  if (above == below) {
    node.Fail(above ? "below" : "above", above ? "found both above and below; a rule has one of them"
                                               : "expected above or below, a number; a rule has one of them");
  }
  rule->direction = below ? Direction::kBelow : Direction::kAbove;
  rule->threshold = node.Number(below ? "below" : "above", 0, -kNumberMax, kNumberMax);
  rule->recover = node.Number("recover", rule->threshold, -kNumberMax, kNumberMax);
  const bool inside = below ? rule->recover < rule->threshold : rule->recover > rule->threshold;
  if (inside) {
    node.Fail("recover",
              StrCat("found ", FormatValue(rule->recover), "; expected a number ", below ? "not below " : "not above ",
                     FormatValue(rule->threshold), ", which begins the alert"));
  }
  if (rule->condition == Condition::kDistinct && rule->threshold >= Rule::kValuesMax) {
    node.Fail(below ? "below" : "above",
              StrCat("found ", FormatValue(rule->threshold), "; a rule keeps ", Rule::kValuesMax, " values at most"));
  }
}

std::string DefaultMessage(const Rule& rule) {
  if (rule.condition == Condition::kAbsence)
    return rule.group_by.empty() ? "{rule}: nothing for {value} s" : "{rule}: nothing from {group} for {value} s";
  return StrCat("{rule}: {value} is ", rule.direction == Direction::kAbove ? "above" : "below", " {threshold}",
                rule.group_by.empty() ? "" : " for {group}", ", triggered at {time}");
}

void ReadName(const ConfigNode& node, Rule* rule, std::set<std::string>* names) {
  rule->name = node.String("name", "");
  if (!node.Has("name")) {
    node.Fail("name", "expected a name for the rule");
  } else if (rule->name.empty() || rule->name.size() > Rule::kNameBytesMax ||
             rule->name.find_first_not_of(kNameCharacters) != std::string::npos) {
    node.Fail("name", StrCat("found ", Quoted(rule->name), "; expected 1 to ", Rule::kNameBytesMax,
                             " letters, digits, '.', '_' and '-'"));
  } else if (!names->insert(rule->name).second) {
    node.Fail("name", StrCat("found ", Quoted(rule->name), ", as another rule; names must differ"));
  }
}

void ReadCondition(const ConfigNode& node, Rule* rule) {
  std::vector<std::string_view> allowed;
  for (const auto& [name, condition] : kConditions) allowed.push_back(name);
  if (!node.Has("condition"))
    node.Fail("condition", "expected one of count, rate, average, ratio, distinct, percentile, absence");
  const std::string text = node.Choice("condition", "count", allowed);
  for (const auto& [name, condition] : kConditions) {
    if (name == text) rule->condition = condition;
  }
  if (NeedsField(rule->condition)) {
    if (node.Has("field")) {
      rule->field = ReadField(node, "field", node.String("field", ""));
    } else {
      node.Fail("field", StrCat("expected a field, which ", text, " is of, such as attributes.duration"));
    }
  }
  if (rule->condition == Condition::kPercentile) rule->quantile = node.Number("percentile", 99, 0, 100) / 100;
  if (rule->condition == Condition::kRatio) {
    if (!node.Has("of"))
      node.Fail("of", "expected a filter: the records whose part among those of `filter` is looked at");
    rule->of = ReadFilter(node.Map("of"));
  }
}

Rule ReadRule(const ConfigNode& node, std::set<std::string>* names) {
  Rule rule;
  ReadName(node, &rule, names);
  ReadCondition(node, &rule);
  rule.filter = ReadFilter(node.Map("filter"));
  const std::vector<std::string> group_by = node.Strings("group_by", {});
  if (group_by.size() > kGroupByMax) {
    node.Fail("group_by", StrCat("found ", group_by.size(), " fields; at most ", kGroupByMax, " are allowed"));
  }
  for (const std::string& text : group_by) {
    if (std::optional<Field> field = ReadField(node, "group_by", text)) rule.group_by.push_back(*std::move(field));
  }
  rule.window = node.Duration("window", absl::Minutes(5), kWindowMin, kWindowMax);
  rule.hold = node.Duration("for", absl::ZeroDuration(), absl::ZeroDuration(), kWindowMax);
  ReadThreshold(node, &rule);
  rule.minimum = static_cast<uint64_t>(node.Int("minimum", 1, 1, 1'000'000'000));
  rule.severity = ReadSeverity(node, "severity", v1::SEVERITY_ERROR);
  rule.message = ReadMessage(node, "message", DefaultMessage(rule), rule);
  rule.recovery_message = ReadMessage(
      node, "recovery_message",
      rule.group_by.empty() ? "{rule} recovered at {time}" : "{rule} recovered for {group} at {time}", rule);
  rule.labels = node.StringMap("labels");
  const size_t groups_max = rule.condition == Condition::kPercentile ? Rule::kGroupsMaxOfPercentiles : Rule::kGroupsMax;
  const int64_t groups = rule.condition == Condition::kPercentile ? 100 : 1'000;
  rule.groups_max = static_cast<size_t>(node.Int("groups_max", groups, 1, static_cast<int64_t>(groups_max)));
  rule.forget = node.Duration("forget", absl::Hours(24), kWindowMin, 52 * kWindowMax);
  return rule;
}

Rule ReadHighTraffic(const ConfigNode& node, const Filter& access) {
  Rule rule;
  rule.name = kHighTraffic;
  rule.condition = Condition::kRate;
  ReadOrigin(node, access, &rule.filter);
  rule.window = node.Duration("window", absl::Minutes(2), kWindowMin, kWindowMax);
  rule.threshold = node.Number("threshold", 10, 0, kNumberMax);
  rule.recover = rule.threshold;
  rule.recover_beyond = rule.threshold > 0;
  rule.severity = ReadSeverity(node, "severity", v1::SEVERITY_WARN);
  rule.message = "High traffic generated an alert - hits = {value}, triggered at {time}";
  rule.recovery_message = "High traffic alert recovered - hits = {value}, recovered at {time}";
  return rule;
}

}  // namespace

Filter DefaultAccessOrigin() {
  Filter access;
  access.paths.push_back(Glob::Compile("/var/log/access.log", Glob::Kind::kPath).value());
  return access;
}

void ReadOrigin(const ConfigNode& node, const Filter& fallback, Filter* filter) {
  ReadGlobs(node, "topics", Glob::Kind::kTopic, &filter->topics);
  ReadGlobs(node, "paths", Glob::Kind::kPath, &filter->paths);
  if (node.Has("topics") || node.Has("paths")) return;
  filter->topics = fallback.topics;
  filter->paths = fallback.paths;
}

std::vector<Rule> ReadRules(const ConfigNode& root, const Filter& access) {
  std::vector<Rule> rules;
  std::set<std::string> names = {std::string(kHighTraffic)};
  const ConfigNode high_traffic = root.Map(kHighTraffic);
  Rule built_in = ReadHighTraffic(high_traffic, access);
  if (high_traffic.Bool("enabled", true)) rules.push_back(std::move(built_in));
  const std::vector<ConfigNode> nodes = root.Maps("rules");
  if (nodes.size() > kRulesMax) {
    root.Fail("rules", StrCat("found ", nodes.size(), " rules; at most ", kRulesMax, " are allowed"));
    return rules;
  }
  for (const ConfigNode& node : nodes) rules.push_back(ReadRule(node, &names));
  for (Rule& rule : rules) rule.fingerprint = FingerprintOf(rule);
  return rules;
}

}  // namespace sluice::monitor
