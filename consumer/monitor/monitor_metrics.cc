#include "consumer/monitor/monitor_metrics.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "base/metrics.h"

namespace sluice::monitor {
MonitorMetrics::MonitorMetrics(prometheus::Registry* registry)
    : active(NewGauge(registry, "sluice_monitor_active", "1 if this monitor is its group's active one.")),
      caught_up(NewGauge(registry, "sluice_monitor_caught_up", "1 if there is nothing more to read at the moment.")),
      config_valid(
          NewGauge(registry, "sluice_monitor_config_valid", "1 if the configuration on disk is the one in use.")),
      commits(NewCounter(registry, "sluice_monitor_commits_total", "Writes to the state directory.")),
      omitted(NewCounter(registry, "sluice_monitor_records_omitted_total",
                         "Records that the log had no more when they were to be read.")),
      records_(NewCounter(registry, "sluice_monitor_records_total", "Records read.")),
      ahead_(NewCounter(registry, "sluice_monitor_records_ahead_total",
                        "Records whose time is ahead of the clock by more than the lateness; they are in no window.")),
      forgotten_(
          NewCounter(registry, "sluice_monitor_findings_forgotten_total", "Findings that a standby had no room for.")),
      given_up_(NewCounter(registry, "sluice_monitor_notifications_given_up_total",
                           "Alerts that were not told, since too many waited for it.")),
      waiting_(NewGauge(registry, "sluice_monitor_findings_waiting", "Findings that are not in the log yet.")),
      newest_(
          NewGauge(registry, "sluice_monitor_event_time_seconds", "Event time so far, seconds since the Unix epoch.")),
      beaters_(
          NewGauge(registry, "sluice_monitor_heartbeats_known", "Services and agents whose heartbeats are awaited.")),
      missing_(NewGauge(registry, "sluice_monitor_heartbeats_missing", "Of these, the silent ones.")),
      malformed_beats_(NewCounter(registry, "sluice_monitor_heartbeats_malformed_total",
                                  "Records of topic heartbeats that are none.")),
      firing_(NewGauges(registry, "sluice_monitor_alerts_firing", "Groups of the rule that fire.")),
      groups_(NewGauges(registry, "sluice_monitor_rule_groups", "Groups of the rule that are known.")),
      left_out_(NewCounters(registry, "sluice_monitor_rule_records_left_out_total",
                            "Records that a rule could not take into account, by reason.")) {
  config_valid.Set(1);
}

void MonitorMetrics::Take(const Pipeline& pipeline, const Outbox& outbox) {
  Raise(&records_, static_cast<double>(pipeline.records()));
  Raise(&ahead_, static_cast<double>(pipeline.ahead()));
  Raise(&forgotten_, static_cast<double>(outbox.forgotten()));
  Raise(&given_up_, static_cast<double>(outbox.given_up()));
  waiting_.Set(static_cast<double>(outbox.waiting()));
  if (pipeline.newest() != absl::InfinitePast()) newest_.Set(absl::ToUnixSeconds(pipeline.newest()));
}

void MonitorMetrics::CountRule(const RuleGroups& rule) {
  OfRule& of = rules_[rule.rule().name];
  if (of.object != &rule) of = {.last = {}, .object = &rule};
  const RuleCounts& now = rule.counts();
  const auto add = [&](const char* reason, uint64_t before, uint64_t after) {
    left_out_.Add({{"rule", rule.rule().name}, {"reason", reason}}).Increment(static_cast<double>(after - before));
  };
  add("late", of.last.late, now.late);
  add("groups", of.last.groups_exceeded, now.groups_exceeded);
  add("values", of.last.values_exceeded, now.values_exceeded);
  add("no_value", of.last.no_number, now.no_number);
  of.last = now;
  firing_.Add({{"rule", rule.rule().name}}).Set(static_cast<double>(rule.firing()));
  groups_.Add({{"rule", rule.rule().name}}).Set(static_cast<double>(rule.groups()));
}

void MonitorMetrics::Take(const RulesStage& rules) {
  std::map<std::string, OfRule> gone = rules_;
  for (const std::unique_ptr<RuleGroups>& rule : rules.rules()) {
    CountRule(*rule);
    gone.erase(rule->rule().name);
  }
  for (const auto& [name, of] : gone) {
    firing_.Remove(&firing_.Add({{"rule", name}}));
    groups_.Remove(&groups_.Add({{"rule", name}}));
    rules_.erase(name);
  }
}

void MonitorMetrics::Take(const HeartbeatStage& heartbeats) {
  beaters_.Set(static_cast<double>(heartbeats.beaters()));
  missing_.Set(static_cast<double>(heartbeats.missing()));
  Raise(&malformed_beats_, static_cast<double>(heartbeats.malformed()));
}

}  // namespace sluice::monitor
