#include "consumer/monitor/rules/rule_state.h"

#include <utility>

#include "base/status.h"
#include "base/strings.h"
#include "consumer/monitor/rules/rule_groups.h"
#include "sluice/v1/monitor_state.pb.h"

namespace sluice::monitor {

std::string RuleStateKey(std::string_view rule, std::string_view rest) {
  return StrCat(rule, std::string_view("\0", 1), rest);
}

absl::StatusOr<std::optional<Alert>> FiringAlertOf(std::string_view key, std::string_view value) {
  const size_t name_end = key.find('\0');
  if (name_end == key.npos || name_end + 1 >= key.size() || key[name_end + 1] != kGroupStateKind) return std::nullopt;
  v1::MonitorGroupState state;
  if (!state.ParseFromArray(value.data(), static_cast<int>(value.size())))
    return DataLoss("the state of a group is damaged");
  const AlertPhase phase = AlertPhase::Load(state.phase());
  if (!phase.firing()) return std::nullopt;
  Alert alert;
  alert.rule = key.substr(0, name_end);
  for (const v1::MonitorLabel& label : state.group()) alert.group.emplace_back(label.name(), label.value());
  alert.state = Alert::State::kResolved;
  alert.starts_at = phase.since();
  alert.message = StrCat(alert.rule, ": the rule was changed or removed");
  return alert;
}

std::vector<std::string> RuleGroups::StateKeys() const {
  std::vector<std::string> keys = {RuleStateKey(rule_.name, std::string(1, kRuleStateKind))};
  const auto add = [&](std::string_view key) {
    keys.push_back(RuleStateKey(rule_.name, std::string(1, kGroupStateKind) + std::string(key)));
  };
  for (const auto& [key, group] : groups_) add(key);
  for (const std::string& key : touched_) {
    if (!groups_.contains(key)) add(key);
  }
  return keys;
}

void RuleGroups::Save(StateSink* sink) {
  if (std::exchange(rule_touched_, false)) {
    v1::MonitorRuleState state;
    state.set_fingerprint(rule_.fingerprint);
    state.set_next_step(next_);
    sink->Put(RuleStateKey(rule_.name, std::string(1, kRuleStateKind)), state.SerializeAsString());
  }
  for (const std::string& key : touched_) {
    const std::string state_key = RuleStateKey(rule_.name, std::string(1, kGroupStateKind) + key);
    const auto found = groups_.find(key);
    if (found == groups_.end()) {
      sink->Delete(state_key);
      continue;
    }
    Group& group = *found->second;
    group.touched = false;
    v1::MonitorGroupState state;
    for (const auto& [name, value] : group.labels) {
      v1::MonitorLabel* const label = state.add_group();
      label->set_name(name);
      label->set_value(value);
    }
    group.window.Save(state.mutable_window());
    group.phase.Save(state.mutable_phase());
    state.set_first_step(group.first);
    state.set_last_step(group.last);
    state.set_crossing_unix_nano(group.crossing_nanos);
    state.set_crossing_value(group.crossing_value);
    sink->Put(state_key, state.SerializeAsString());
  }
  touched_.clear();
}

absl::StatusOr<bool> RuleGroups::Load(std::string_view key, std::string_view value) {
  const auto size = static_cast<int>(value.size());
  if (key == std::string_view(&kRuleStateKind, 1)) {
    v1::MonitorRuleState state;
    if (!state.ParseFromArray(value.data(), size)) return DataLoss("its state is damaged");
    loaded_ = state.fingerprint() == rule_.fingerprint;
    if (loaded_) next_ = state.next_step();
    return loaded_;
  }
  if (!loaded_ || !key.starts_with(kGroupStateKind)) return false;
  v1::MonitorGroupState state;
  if (!state.ParseFromArray(value.data(), size)) return DataLoss("the state of a group is damaged");
  Alert::Group labels;
  for (const v1::MonitorLabel& label : state.group()) labels.emplace_back(label.name(), label.value());
  Group* const group = AddGroup(key.substr(1), std::move(labels), state.first_step());
  group->last = state.last_step();
  group->crossing_nanos = state.crossing_unix_nano();
  group->crossing_value = state.crossing_value();
  group->phase = AlertPhase::Load(state.phase());
  firing_ += group->phase.firing() ? 1 : 0;
  touched_.erase(*group->key);
  group->touched = false;
  SLUICE_RETURN_IF_ERROR(group->window.Load(state.window()));
  return true;
}

}  // namespace sluice::monitor
