#include "consumer/monitor/rules/rule_groups.h"

#include <algorithm>
#include <utility>

#include "base/hash.h"
#include "base/status.h"
#include "base/strings.h"
#include "base/text.h"
#include "consumer/monitor/rules/message.h"

namespace sluice::monitor {
namespace {

// Of a value that tells groups apart; longer ones are cut.
constexpr size_t kValueBytesMax = 256;

// Cut where no character is.
std::string_view Cut(std::string_view text) {
  if (text.size() <= kValueBytesMax) return text;
  size_t size = kValueBytesMax;
  while (size > 0 && (text[size] & 0xc0) == 0x80) --size;
  return text.substr(0, size);
}

bool NeverShrinks(Condition condition) {
  return condition == Condition::kCount || condition == Condition::kRate || condition == Condition::kDistinct;
}

}  // namespace

RuleGroups::RuleGroups(Rule rule, absl::Duration lateness)
    : rule_(std::move(rule)),
      shape_(rule_, lateness),
      at_once_(NeverShrinks(rule_.condition) && rule_.direction == Direction::kAbove &&
               rule_.hold == absl::ZeroDuration()),
      holds_from_(at_once_ ? shape_.CountAbove(rule_.threshold) : 0),
      keeps_silent_(rule_.condition == Condition::kAbsence ||
                    (NeverShrinks(rule_.condition) && rule_.direction == Direction::kBelow)),
      shared_groups_(
          std::all_of(rule_.group_by.begin(), rule_.group_by.end(), [](const Field& f) { return f.shared(); })) {}

bool RuleGroups::BeginBatch(const Line& line) {
  if (!rule_.filter.MatchesBatch(line)) return false;
  if (shared_groups_) MakeKey(line);
  return true;
}

void RuleGroups::MakeKey(const Line& line) {
  std::string key;
  for (const Field& field : rule_.group_by) {
    key += Cut(field.Of(line).value_or(""));
    key += '\0';
  }
  if (key == key_) return;
  key_ = std::move(key);
  group_ = nullptr;
}

RuleGroups::Group* RuleGroups::FindOrAdd(const Line& line, int64_t step) {
  if (group_ != nullptr) return group_;
  if (const auto found = by_key_.find(key_); found != by_key_.end()) return group_ = found->second;
  if (groups_.size() >= rule_.groups_max) return nullptr;
  Alert::Group labels;
  for (const Field& field : rule_.group_by) labels.emplace_back(field.text(), Cut(field.Of(line).value_or("")));
  std::sort(labels.begin(), labels.end());
  return group_ = AddGroup(key_, std::move(labels), step);
}

RuleGroups::Group* RuleGroups::AddGroup(std::string_view key, Alert::Group labels, int64_t step) {
  auto group = std::make_unique<Group>(&shape_, &values_);
  group->labels = std::move(labels);
  group->first = step;
  group->last = step;
  settled_ = false;
  const auto added = groups_.emplace(key, std::move(group)).first;
  added->second->key = &added->first;
  by_key_.emplace(added->first, added->second.get());
  Touch(added->second.get());
  return added->second.get();
}

void RuleGroups::Touch(Group* group) {
  if (group->touched) return;
  group->touched = true;
  touched_.insert(*group->key);
}

bool RuleGroups::MakeSample(const Line& line, Sample* sample) {
  switch (rule_.condition) {
    case Condition::kAverage:
    case Condition::kPercentile: {
      const std::optional<double> number = rule_.field->NumberOf(line);
      if (number) sample->number = *number;
      return number.has_value();
    }
    case Condition::kDistinct: {
      const std::optional<std::string_view> text = rule_.field->Of(line);
      if (text) sample->value = Xxh3(*text);
      return text.has_value();
    }
    case Condition::kRatio:
      sample->part = rule_.of.MatchesBatch(line) && rule_.of.MatchesRecord(line);
      return true;
    case Condition::kCount:
    case Condition::kRate:
    case Condition::kAbsence:
      return true;
  }
  return false;
}

void RuleGroups::Add(const Line& line, int64_t unix_nanos, Findings* findings) {
  if (!rule_.filter.MatchesRecord(line)) return;
  ++counts_.matched;
  if (unix_nanos < step_begin_nanos_ || unix_nanos - step_begin_nanos_ >= shape_.step_nanos) {
    step_ = shape_.StepOf(unix_nanos);
    step_begin_nanos_ = step_ * shape_.step_nanos;
  }
  const int64_t step = step_;
  if (step < next_ - 1) {
    ++counts_.late;
    return;
  }
  Sample sample;
  if (!MakeSample(line, &sample)) {
    ++counts_.no_number;
    return;
  }
  if (!shared_groups_) MakeKey(line);
  Group* const group = FindOrAdd(line, step);
  if (group == nullptr) {
    ++counts_.groups_exceeded;
    return;
  }
  group->last = std::max(group->last, step);
  settled_ = false;
  Touch(group);
  if (at_once_) {
    AddAtOnce(group, step, sample, unix_nanos, findings);
  } else if (!group->window.Add(step, sample)) {
    ++counts_.values_exceeded;
  }
}

void RuleGroups::AddAtOnce(Group* group, int64_t step, const Sample& sample, int64_t unix_nanos, Findings* findings) {
  group->window.Reach(step);
  const bool held = group->window.newest_count() >= holds_from_;
  if (!group->window.Add(step, sample)) ++counts_.values_exceeded;
  if (group->window.newest_count() < holds_from_) return;
  const double value = shape_.ValueOf(group->window.newest_count());
  if (!held) {
    group->crossing_nanos = unix_nanos;
    group->crossing_value = value;
  }
  if (!group->phase.firing()) Fire(group, value, absl::FromUnixNanos(unix_nanos), findings);
}

void RuleGroups::Fire(Group* group, double value, absl::Time at, Findings* findings) {
  group->phase.Fire(at);
  ++firing_;
  Raise(*group, value, at, std::nullopt, findings);
}

void RuleGroups::Evaluate(absl::Time watermark, Findings* findings) {
  const int64_t last = shape_.StepOf(absl::ToUnixNanos(watermark));
  if (next_ == kUnset) {
    next_ = last + 1;
    rule_touched_ = true;
    // Silence may be told from here on, also if there is never a record.
    if (keeps_silent_ && rule_.group_by.empty() && groups_.empty()) AddGroup("", {}, last);
    return;
  }
  while (next_ <= last) {
    if (settled_ && last - next_ > 1) {
      next_ = last;  // nothing changes before
      continue;
    }
    EvaluateAt(next_++, findings);
    rule_touched_ = true;
  }
}

void RuleGroups::EvaluateAt(int64_t end, Findings* findings) {
  const bool forget = end % std::max<int64_t>(1, shape_.steps / 4) == 0;
  settled_ = true;
  for (auto at = groups_.begin(); at != groups_.end();) {
    Group* const group = at->second.get();
    EvaluateGroup(group, end, findings);
    if (Drop(group, end, findings)) {
      touched_.insert(at->first);
      by_key_.erase(at->first);
      at = groups_.erase(at);
      group_ = nullptr;
      continue;
    }
    if (forget) group->window.Forget(end);
    settled_ = settled_ && Settled(*group, end);
    ++at;
  }
}

void RuleGroups::EvaluateGroup(Group* group, int64_t end, Findings* findings) {
  // Nothing begins at the end of a step that has too little for it; of thousands of groups most are such.
  if (at_once_ && group->phase.quiet() && group->window.count_max() < holds_from_) return;
  const absl::Time at = shape_.TimeOf(end);
  // It fired within the step that begins here, by records that this window does not have.
  if (group->phase.firing() && at <= group->phase.since()) return;
  bool holds = false;
  bool over = true;
  double value = 0;
  if (keeps_silent_ && end - group->first < shape_.steps) return;  // a window that is not full yet is not little
  if (rule_.condition == Condition::kAbsence) {
    holds = group->window.CountBefore(end) == 0;
    over = !holds;
    // What came behind the window does not make the silence shorter.
    const int64_t silent = group->last < end ? end - 1 - group->last : shape_.steps;
    value = static_cast<double>(silent * shape_.step_nanos) * 1e-9;
  } else {
    const Window::Reading reading = group->window.Read(end);
    value = reading.value;
    holds = reading.known && Holds(value);
    over = !reading.known || Over(value);
  }
  const bool was_quiet = group->phase.quiet();
  const absl::Time since = group->phase.since();
  const AlertPhase::Change change = group->phase.Update(holds, over, at, rule_.hold);
  if (was_quiet != group->phase.quiet() || change != AlertPhase::Change::kNone) Touch(group);
  if (change == AlertPhase::Change::kFired) {
    ++firing_;
    Raise(*group, value, at, std::nullopt, findings);
  } else if (change == AlertPhase::Change::kResolved) {
    --firing_;
    Raise(*group, value, since, at, findings);
    const absl::Time crossing = absl::FromUnixNanos(group->crossing_nanos);
    if (at_once_ && crossing >= at) Fire(group, group->crossing_value, crossing, findings);
  }
}

bool RuleGroups::Settled(const Group& group, int64_t end) const {
  const bool full = end - group.first >= shape_.steps + 1 && end - group.last > shape_.steps + 1;
  return full && !group.phase.pending() && group.window.EmptyAt(end);
}

bool RuleGroups::Drop(Group* group, int64_t end, Findings* findings) {
  if (keeps_silent_) {
    const absl::Time forgotten = shape_.TimeOf(group->last) + rule_.forget;
    if (rule_.group_by.empty() || shape_.TimeOf(end) < forgotten) return false;
    if (group->phase.firing()) {
      --firing_;
      Raise(*group, 0, group->phase.since(), forgotten, findings);
    }
    return true;
  }
  return group->phase.quiet() && group->window.EmptyAt(end);
}

void RuleGroups::ResolveAll(absl::Time at, Findings* findings) {
  for (auto& [key, group] : groups_) {
    touched_.insert(key);
    if (group->phase.firing()) Raise(*group, 0, group->phase.since(), std::max(at, group->phase.since()), findings);
  }
  firing_ = 0;
  by_key_.clear();
  groups_.clear();
  group_ = nullptr;
}

bool RuleGroups::Holds(double value) const {
  return rule_.direction == Direction::kAbove ? value > rule_.threshold : value < rule_.threshold;
}

bool RuleGroups::Over(double value) const {
  if (value == rule_.recover) return !rule_.recover_beyond;
  return rule_.direction == Direction::kAbove ? value < rule_.recover : value > rule_.recover;
}

void RuleGroups::Raise(const Group& group, double value, absl::Time starts_at, std::optional<absl::Time> ends_at,
                       Findings* findings) const {
  findings->Raise(MakeAlert(group, value, starts_at, ends_at));
}

void RuleGroups::AddFiring(std::vector<Alert>* alerts) const {
  for (const auto& [key, group] : groups_) {
    if (!group->phase.firing()) continue;
    const double value = group->window.Read(std::max(next_ - 1, group->window.newest() + 1)).value;
    alerts->push_back(MakeAlert(*group, value, group->phase.since(), std::nullopt));
  }
}

Alert RuleGroups::MakeAlert(const Group& group, double value, absl::Time starts_at,
                            std::optional<absl::Time> ends_at) const {
  Alert alert;
  alert.rule = rule_.name;
  alert.group = group.labels;
  alert.state = ends_at ? Alert::State::kResolved : Alert::State::kFiring;
  alert.severity = rule_.severity;
  alert.value = value;
  alert.threshold = rule_.threshold;
  alert.starts_at = starts_at;
  if (ends_at) alert.ends_at = *ends_at;
  alert.labels = rule_.labels;
  alert.message = FormatMessage(ends_at ? rule_.recovery_message : rule_.message, {alert, rule_.window});
  return alert;
}

}  // namespace sluice::monitor
