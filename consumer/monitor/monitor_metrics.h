// The monitor's metrics, as docs/metrics.md lists them.
#pragma once

#include <algorithm>
#include <map>
#include <string>

#include "consumer/monitor/heartbeat/heartbeat_stage.h"
#include "consumer/monitor/pipeline.h"
#include "consumer/monitor/rules/rules_stage.h"
#include "prometheus/counter.h"
#include "prometheus/family.h"
#include "prometheus/gauge.h"
#include "prometheus/registry.h"

namespace sluice::monitor {

// Registered once with a registry that outlives it. One thread takes; others scrape.
class MonitorMetrics {
 public:
  explicit MonitorMetrics(prometheus::Registry* registry);

  // What the parts say now.
  void Take(const Pipeline& pipeline, const Outbox& outbox);
  void Take(const RulesStage& rules);
  void Take(const HeartbeatStage& heartbeats);

  prometheus::Gauge& active;
  prometheus::Gauge& caught_up;
  prometheus::Gauge& config_valid;
  prometheus::Counter& commits;
  prometheus::Counter& omitted;

 private:
  // Counters whose values others keep.
  void Raise(prometheus::Counter* counter, double to) { counter->Increment(std::max(0.0, to - counter->Value())); }
  struct OfRule {
    RuleCounts last;  // of the rule's object that is there now
    const RuleGroups* object = nullptr;
  };
  void CountRule(const RuleGroups& rule);

  prometheus::Counter& records_;
  prometheus::Counter& ahead_;
  prometheus::Counter& forgotten_;
  prometheus::Counter& given_up_;
  prometheus::Gauge& waiting_;
  prometheus::Gauge& newest_;
  prometheus::Gauge& beaters_;
  prometheus::Gauge& missing_;
  prometheus::Counter& malformed_beats_;
  prometheus::Family<prometheus::Gauge>& firing_;
  prometheus::Family<prometheus::Gauge>& groups_;
  prometheus::Family<prometheus::Counter>& left_out_;
  std::map<std::string, OfRule> rules_;
};

}  // namespace sluice::monitor
