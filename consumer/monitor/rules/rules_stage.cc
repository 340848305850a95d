#include "consumer/monitor/rules/rules_stage.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/status.h"
#include "base/strings.h"
#include "base/text.h"
#include "consumer/monitor/rules/rule_state.h"

namespace sluice::monitor {

RulesStage::RulesStage(std::vector<Rule> rules, absl::Duration lateness) : lateness_(lateness) {
  for (Rule& rule : rules) rules_.push_back(std::make_unique<RuleGroups>(std::move(rule), lateness));
}

void RulesStage::Observe(const Input& input, Findings* findings) {
  about_.clear();
  Line line(&input.batch, &reader_, &json_);
  for (const std::unique_ptr<RuleGroups>& rule : rules_) {
    if (rule->BeginBatch(line)) about_.push_back(rule.get());
  }
  const int64_t newest = absl::ToUnixNanos(input.newest);
  for (const client::RecordView& record : input.records) {
    const auto nanos = static_cast<int64_t>(record.time_unix_nano());
    if (nanos > newest) {
      ++ahead_;
      continue;
    }
    // Also within a batch, which may hold hours: windows have no room for more than the lateness.
    if (nanos >= next_nanos_) Evaluate(record.time() - lateness_, findings);
    line.Set(&record);
    for (RuleGroups* const rule : about_) rule->Add(line, nanos, findings);
  }
}

void RulesStage::Advance(absl::Time watermark, Findings* findings) {
  if (watermark >= next_time_) Evaluate(watermark, findings);
  for (Alert& alert : gone_alerts_) {
    alert.ends_at = std::max(alert.starts_at, watermark);
    findings->Raise(alert);
  }
  gone_alerts_.clear();
}

void RulesStage::Evaluate(absl::Time watermark, Findings* findings) {
  watermark_ = std::max(watermark_, watermark);
  next_time_ = absl::InfiniteFuture();
  for (const std::unique_ptr<RuleGroups>& rule : rules_) {
    rule->Evaluate(watermark_, findings);
    next_time_ = std::min(next_time_, rule->next_time());
  }
  next_nanos_ = absl::ToUnixNanos(next_time_ + lateness_);
}

void RulesStage::Replace(std::vector<Rule> rules, absl::Duration lateness, Findings* findings) {
  std::vector<std::unique_ptr<RuleGroups>> next;
  for (Rule& rule : rules) {
    const auto same = std::find_if(rules_.begin(), rules_.end(), [&](const std::unique_ptr<RuleGroups>& old) {
      return old != nullptr && lateness == lateness_ && old->rule().fingerprint == rule.fingerprint;
    });
    next.push_back(same != rules_.end() ? std::move(*same) : std::make_unique<RuleGroups>(std::move(rule), lateness));
  }
  for (const std::unique_ptr<RuleGroups>& old : rules_) {
    if (old == nullptr) continue;
    old->ResolveAll(watermark_, findings);
    // Before what the new ones write, which may have the same keys.
    for (std::string& key : old->StateKeys()) gone_keys_.push_back(std::move(key));
  }
  rules_ = std::move(next);
  lateness_ = lateness;
  next_time_ = absl::InfinitePast();
  next_nanos_ = INT64_MIN;
}

std::vector<Alert> RulesStage::Firing() const {
  std::vector<Alert> alerts;
  for (const std::unique_ptr<RuleGroups>& rule : rules_) rule->AddFiring(&alerts);
  return alerts;
}

void RulesStage::Save(StateSink* sink) {
  for (const std::string& key : gone_keys_) sink->Delete(key);
  gone_keys_.clear();
  for (const std::unique_ptr<RuleGroups>& rule : rules_) rule->Save(sink);
}

absl::Status RulesStage::Load(const StateSource& source) {
  return source.ForEach("", [this](std::string_view key, std::string_view value) { return LoadOne(key, value); });
}

absl::Status RulesStage::LoadOne(std::string_view key, std::string_view value) {
  const size_t name_end = key.find('\0');
  if (name_end == key.npos) return DataLoss("key ", Quoted(key), ": no rule has such a key");
  const std::string_view name = key.substr(0, name_end);
  for (const std::unique_ptr<RuleGroups>& rule : rules_) {
    if (rule->rule().name != name) continue;
    const absl::StatusOr<bool> loaded = rule->Load(key.substr(name_end + 1), value);
    if (!loaded.ok()) return Annotate(loaded.status(), StrCat("rule ", name));
    if (*loaded) return absl::OkStatus();
    break;
  }
  return LoadGone(key, value);
}

absl::Status RulesStage::LoadGone(std::string_view key, std::string_view value) {
  SLUICE_ASSIGN_OR_RETURN(std::optional<Alert> alert, FiringAlertOf(key, value));
  if (alert) gone_alerts_.push_back(*std::move(alert));
  gone_keys_.emplace_back(key);
  return absl::OkStatus();
}

}  // namespace sluice::monitor
