#include "consumer/monitor/notify/alert_matcher.h"

#include <algorithm>

#include "base/status.h"
#include "base/strings.h"
#include "base/text.h"
#include "consumer/monitor/alert_json.h"

namespace sluice::monitor {

std::string AlertValue(const Alert& alert, std::string_view name) {
  if (name == "rule") return alert.rule;
  if (name == "severity") return AlertSeverityName(alert.severity);
  for (const auto& [key, value] : alert.group) {
    if (key == name) return value;
  }
  const auto label = alert.labels.find(std::string(name));
  return label == alert.labels.end() ? "" : label->second;
}

AlertMatcher AlertMatcher::Read(const ConfigNode& node, std::string_view key) {
  AlertMatcher matcher;
  for (const auto& [name, pattern] : node.StringMap(key)) {
    absl::StatusOr<Glob> glob = Glob::Compile(pattern, Glob::Kind::kTopic);
    if (glob.ok()) {
      matcher.globs_.emplace_back(name, *std::move(glob));
    } else {
      node.Fail(key, StrCat(name, ": found ", Quoted(pattern), "; ", MessageOf(glob.status())));
    }
  }
  return matcher;
}

bool operator==(const AlertMatcher& a, const AlertMatcher& b) {
  return std::ranges::equal(a.globs_, b.globs_, [](const auto& x, const auto& y) {
    return x.first == y.first && x.second.pattern() == y.second.pattern();
  });
}

bool AlertMatcher::Matches(const Alert& alert) const {
  return std::ranges::all_of(globs_,
                             [&](const auto& glob) { return glob.second.Matches(AlertValue(alert, glob.first)); });
}

}  // namespace sluice::monitor
