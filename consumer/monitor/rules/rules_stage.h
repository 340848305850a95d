// All rules, as a part of the monitor.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "consumer/monitor/access/access_record.h"
#include "consumer/monitor/rules/json_body.h"
#include "consumer/monitor/rules/rule.h"
#include "consumer/monitor/rules/rule_groups.h"
#include "consumer/monitor/stage.h"

namespace sluice::monitor {

// Not thread-safe. Records may be up to `lateness` behind the newest one; later ones are counted and left out.
class RulesStage final : public Stage {
 public:
  RulesStage(std::vector<Rule> rules, absl::Duration lateness);

  std::string_view name() const override { return "rules"; }
  void Observe(const Input& input, Findings* findings) override;
  void Advance(absl::Time watermark, Findings* findings) override;
  void Tick(absl::Time now, Findings* findings) override {}
  void Save(StateSink* sink) override;
  absl::Status Load(const StateSource& source) override;

  // From now on these. Those that are as before keep their windows; alerts of the others end now.
  void Replace(std::vector<Rule> rules, absl::Duration lateness, Findings* findings);

  std::vector<Alert> Firing() const;
  const std::vector<std::unique_ptr<RuleGroups>>& rules() const { return rules_; }
  // Records that were left out since their times are beyond the newest one that can be.
  uint64_t ahead() const { return ahead_; }

 private:
  void Evaluate(absl::Time watermark, Findings* findings);
  absl::Status LoadOne(std::string_view key, std::string_view value);
  // What is left of a rule that there is no more: ends its alert with the next finding.
  absl::Status LoadGone(std::string_view key, std::string_view value);

  absl::Duration lateness_;
  AccessReader reader_{LatencyField()};
  JsonBody json_;
  std::vector<std::unique_ptr<RuleGroups>> rules_;
  absl::Time watermark_ = absl::InfinitePast();
  absl::Time next_time_ = absl::InfinitePast();  // when a rule has something to do
  int64_t next_nanos_ = INT64_MIN;               // the same with the lateness: of records
  std::vector<RuleGroups*> about_;               // of the present batch
  std::vector<std::string> gone_keys_;           // of the state: to be deleted
  std::vector<Alert> gone_alerts_;               // to be told as ended
  uint64_t ahead_ = 0;
};

}  // namespace sluice::monitor
