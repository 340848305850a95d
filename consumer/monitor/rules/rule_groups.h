// A rule at work: the windows of its groups, and which of them fire.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "consumer/monitor/rules/alert_phase.h"
#include "consumer/monitor/rules/line.h"
#include "consumer/monitor/rules/rule.h"
#include "consumer/monitor/rules/window.h"
#include "consumer/monitor/stage.h"

namespace sluice::monitor {

// What a rule could not take into account, since its program started.
struct RuleCounts {
  uint64_t matched = 0;
  uint64_t late = 0;             // older than what is told already
  uint64_t groups_exceeded = 0;  // of a group beyond groups_max
  uint64_t values_exceeded = 0;  // distinct values beyond Rule::kValuesMax
  uint64_t no_number = 0;        // the field is missing, or is no number
};

// Not thread-safe. Pure: time is the records'.
class RuleGroups {
 public:
  RuleGroups(Rule rule, absl::Duration lateness);

  const Rule& rule() const { return rule_; }
  const RuleCounts& counts() const { return counts_; }
  size_t groups() const { return groups_.size(); }
  size_t firing() const { return firing_; }
  // What fires now, as it was told, but for its value: that is the last one that is known.
  void AddFiring(std::vector<Alert>* alerts) const;

  // The batch whose records come next; false if the rule is not about them.
  bool BeginBatch(const Line& line);
  // A record of it. Evaluate was called up to its time less the lateness.
  void Add(const Line& line, int64_t unix_nanos, Findings* findings);
  // Nothing older than `watermark` is awaited: looks at all windows that end until then.
  void Evaluate(absl::Time watermark, Findings* findings);
  // When Evaluate has something to do next.
  absl::Time next_time() const { return next_ == kUnset ? absl::InfinitePast() : shape_.TimeOf(next_); }
  // Ends all alerts: the rule is gone.
  void ResolveAll(absl::Time at, Findings* findings);

  // rule_state.h has the keys.
  void Save(StateSink* sink);
  std::vector<std::string> StateKeys() const;
  // One of those, without the rule's name, in their order. False if it is another rule's, of the same name.
  absl::StatusOr<bool> Load(std::string_view key, std::string_view value);

 private:
  static constexpr int64_t kUnset = INT64_MIN;

  struct Group {
    Group(const WindowShape* shape, size_t* values) : window(shape, values) {}
    const std::string* key = nullptr;  // in groups_
    Alert::Group labels;
    Window window;
    AlertPhase phase;
    int64_t first = 0;  // steps of the first and the last record; of a rule without groups: of its beginning
    int64_t last = 0;
    // When the newest window last crossed the threshold, and its value then: if that was while an alert fired whose end
    // was not yet looked at, the next alert began then.
    int64_t crossing_nanos = 0;
    double crossing_value = 0;
    bool touched = false;
  };
  using Groups = std::map<std::string, std::unique_ptr<Group>, std::less<>>;

  void MakeKey(const Line& line);
  // The group of key_; null if there is no room for it.
  Group* FindOrAdd(const Line& line, int64_t step);
  Group* AddGroup(std::string_view key, Alert::Group labels, int64_t step);
  // False if the record says nothing.
  bool MakeSample(const Line& line, Sample* sample);
  // Its state is to be kept with the next Save.
  void Touch(Group* group);
  // Adds a sample; fires if the newest window crosses the threshold with it.
  void AddAtOnce(Group* group, int64_t step, const Sample& sample, int64_t unix_nanos, Findings* findings);
  void Fire(Group* group, double value, absl::Time at, Findings* findings);
  void EvaluateAt(int64_t end, Findings* findings);
  void EvaluateGroup(Group* group, int64_t end, Findings* findings);
  // True if nothing changes any more as long as there is no record.
  bool Settled(const Group& group, int64_t end) const;
  // True if the group is not needed any more; its alert has ended then.
  bool Drop(Group* group, int64_t end, Findings* findings);
  bool Holds(double value) const;
  bool Over(double value) const;
  Alert MakeAlert(const Group& group, double value, absl::Time starts_at, std::optional<absl::Time> ends_at) const;
  void Raise(const Group& group, double value, absl::Time starts_at, std::optional<absl::Time> ends_at,
             Findings* findings) const;

  const Rule rule_;
  const WindowShape shape_;
  const bool at_once_;         // it need not wait for the end of a step
  const uint64_t holds_from_;  // with so many records; of at_once_
  const bool keeps_silent_;    // a group without records may have something to tell
  const bool shared_groups_;   // all records of a batch are of one group
  size_t values_ = 0;
  Groups groups_;                                         // in the order in which they are told
  absl::flat_hash_map<std::string_view, Group*> by_key_;  // the same; views of its keys
  size_t firing_ = 0;
  int64_t next_ = kUnset;  // the end of the next window to look at
  bool settled_ = false;
  RuleCounts counts_;

  int64_t step_ = 0;  // of the last record; records of one step come together
  int64_t step_begin_nanos_ = INT64_MAX;
  std::string key_;                           // of the last record
  Group* group_ = nullptr;                    // key_'s; null if it is not known
  absl::flat_hash_set<std::string> touched_;  // keys whose state is to be kept, or deleted
  bool rule_touched_ = true;
  bool loaded_ = false;  // the state is this rule's
};

}  // namespace sluice::monitor
