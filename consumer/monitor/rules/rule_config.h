// Rules as the configuration says them; docs/alerts.md has all keys.
#pragma once

#include <string>
#include <vector>

#include "base/config.h"
#include "consumer/monitor/rules/rule.h"

namespace sluice::monitor {

inline constexpr size_t kRulesMax = 1'000;
inline constexpr std::string_view kHighTraffic = "high_traffic";

// The list `rules` and the mapping `high_traffic` of the configuration's root. `access`: where lines of access logs
// come from, unless high_traffic says so itself. What is wrong is told to the nodes.
std::vector<Rule> ReadRules(const ConfigNode& root, const Filter& access);

// Of lines of access logs, if nobody says otherwise: /var/log/access.log.
Filter DefaultAccessOrigin();

// The topics and paths of a mapping that says where records come from; `fallback` if it says neither.
void ReadOrigin(const ConfigNode& node, const Filter& fallback, Filter* filter);

}  // namespace sluice::monitor
