// How the state of rules is kept. Keys, in the order in which they are read:
//
//   NAME \0 0           MonitorRuleState
//   NAME \0 1 GROUP     MonitorGroupState; GROUP: the values of group_by, each with a \0 behind it
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "consumer/monitor/stage.h"

namespace sluice::monitor {

inline constexpr char kRuleStateKind = '0';
inline constexpr char kGroupStateKind = '1';

// `rest`: what stands behind the 0 byte.
std::string RuleStateKey(std::string_view rule, std::string_view rest);

// The alert of a rule that there is no more, as ended (when, the caller says); nothing if none was firing. DataLoss if
// the state is none.
absl::StatusOr<std::optional<Alert>> FiringAlertOf(std::string_view key, std::string_view value);

}  // namespace sluice::monitor
