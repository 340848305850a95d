#include "consumer/monitor/heartbeat/heartbeat_stage.h"

#include <algorithm>
#include <utility>

#include "base/status.h"
#include "base/strings.h"
#include "consumer/monitor/heartbeat/heartbeat_record.h"
#include "consumer/monitor/rules/message.h"
#include "sluice/v1/monitor_state.pb.h"

namespace sluice::monitor {
namespace {

// Ticks come once a second. After a longer pause nobody was listened to.
constexpr absl::Duration kPauseMax = absl::Seconds(10);
constexpr std::string_view kService = "service";
constexpr std::string_view kInstance = "instance";
constexpr std::string_view kEnvironment = "environment";
constexpr std::string_view kAgent = "agent";

std::string KeyOf(const Alert::Group& group) {
  std::string key;
  for (const auto& [name, value] : group) StrAppend(&key, name, "=", value, std::string_view("\0", 1));
  return key;
}

std::string_view Get(const Alert::Group& group, std::string_view name) {
  for (const auto& [known, value] : group) {
    if (known == name) return value;
  }
  return {};
}

}  // namespace

void HeartbeatStage::Configure(HeartbeatOptions options) {
  options_ = std::move(options);
  retired_ = {options_.retired.begin(), options_.retired.end()};
}

void HeartbeatStage::Observe(const Input& input, Findings* findings) {
  if (!options_.enabled || input.batch.topic() != kHeartbeatsTopic) return;
  for (const client::RecordView& record : input.records) {
    const std::optional<Heartbeat> beat = ReadHeartbeat(record);
    if (!beat) {
      ++malformed_;
      continue;
    }
    if (beat->retired) {
      Retire(beat->service, beat->instance, record.time(), findings);
      continue;
    }
    Alert::Group group;
    if (!beat->environment.empty()) group.emplace_back(kEnvironment, beat->environment);
    if (!beat->instance.empty()) group.emplace_back(kInstance, beat->instance);
    group.emplace_back(kService, beat->service);
    // A clock that is ahead must not hide a silence.
    Beat(std::move(group), beat->interval, std::min(record.time(), input.newest), findings);
  }
}

void HeartbeatStage::SeeAgents(const std::vector<AgentSeen>& agents, Findings* findings) {
  if (!options_.enabled || !options_.agents) return;
  for (const AgentSeen& agent : agents) {
    Beat({{std::string(kAgent), agent.id}, {"host", agent.host}}, options_.agent_interval, agent.last_seen, findings);
  }
}

void HeartbeatStage::Beat(Alert::Group group, absl::Duration interval, absl::Time at, Findings* findings) {
  if (retired_.contains(Get(group, kService)) || retired_.contains(Get(group, kAgent))) return;
  const std::string key = KeyOf(group);
  auto found = beaters_.find(key);
  if (found == beaters_.end()) {
    if (beaters_.size() >= kBeatersMax) {
      ++exceeded_;
      return;
    }
    found = beaters_.emplace(key, Beater{.group = std::move(group), .interval = interval, .last = at}).first;
    touched_.insert(key);
    return;
  }
  Beater& beater = found->second;
  beater.interval = interval;
  if (at <= beater.last) return;
  beater.last = at;
  touched_.insert(key);
  if (beater.missing_since != absl::InfiniteFuture()) Return(key, &beater, at, findings);
}

void HeartbeatStage::Return(const std::string& key, Beater* beater, absl::Time at, Findings* findings) {
  findings->Raise(MakeAlert(*beater, at));
  beater->missing_since = absl::InfiniteFuture();
  --missing_;
  touched_.insert(key);
}

HeartbeatStage::Beaters::iterator HeartbeatStage::Remove(Beaters::iterator beater, absl::Time at, Findings* findings) {
  if (beater->second.missing_since != absl::InfiniteFuture()) Return(beater->first, &beater->second, at, findings);
  touched_.insert(beater->first);
  return beaters_.erase(beater);
}

void HeartbeatStage::Retire(std::string_view service, std::string_view instance, absl::Time at, Findings* findings) {
  for (auto beater = beaters_.begin(); beater != beaters_.end();) {
    const Alert::Group& group = beater->second.group;
    const bool meant = Get(group, kService) == service && (instance.empty() || Get(group, kInstance) == instance);
    beater = meant ? Remove(beater, at, findings) : std::next(beater);
  }
}

void HeartbeatStage::Tick(absl::Time now, Findings* findings) {
  if (!options_.enabled) return;
  if (now - last_tick_ > kPauseMax || now < last_tick_) listening_since_ = now;
  last_tick_ = now;
  for (auto at = beaters_.begin(); at != beaters_.end();) {
    Beater& beater = at->second;
    const bool retired = retired_.contains(Get(beater.group, kService)) ||
                         retired_.contains(Get(beater.group, kAgent)) ||
                         (!options_.agents && !Get(beater.group, kAgent).empty());
    if (retired || now - beater.last > options_.forget) {
      at = Remove(at, std::max(beater.last, now), findings);
      continue;
    }
    const absl::Duration silence = now - std::max(beater.last, listening_since_);
    if (beater.missing_since == absl::InfiniteFuture() && silence > beater.interval * options_.factor) {
      beater.missing_since = beater.last;
      ++missing_;
      touched_.insert(at->first);
      findings->Raise(MakeAlert(beater, absl::InfiniteFuture()));
    }
    ++at;
  }
}

std::vector<Alert> HeartbeatStage::Firing() const {
  std::vector<Alert> alerts;
  for (const auto& [key, beater] : beaters_) {
    if (beater.missing_since != absl::InfiniteFuture()) alerts.push_back(MakeAlert(beater, absl::InfiniteFuture()));
  }
  return alerts;
}

Alert HeartbeatStage::MakeAlert(const Beater& beater, absl::Time ends_at) const {
  const bool resolved = ends_at != absl::InfiniteFuture();
  Alert alert;
  alert.rule = kRule;
  alert.group = beater.group;
  alert.state = resolved ? Alert::State::kResolved : Alert::State::kFiring;
  alert.severity = options_.severity;
  alert.threshold = absl::ToDoubleSeconds(beater.interval * options_.factor);
  alert.value = resolved ? absl::ToDoubleSeconds(ends_at - beater.missing_since) : alert.threshold;
  // Known to every monitor, whenever it looks.
  alert.starts_at = beater.missing_since;
  alert.ends_at = ends_at;
  const std::string who = FormatGroup(beater.group);
  alert.message = resolved ? StrCat("heartbeat is back: ", who, ", at ", FormatMoment(ends_at))
                           : StrCat("missing heartbeat: ", who, ", since ", FormatMoment(beater.missing_since));
  return alert;
}

void HeartbeatStage::Save(StateSink* sink) {
  for (const std::string& key : touched_) {
    const auto found = beaters_.find(key);
    if (found == beaters_.end()) {
      sink->Delete(key);
      continue;
    }
    const Beater& beater = found->second;
    v1::MonitorBeatState state;
    for (const auto& [name, value] : beater.group) {
      v1::MonitorLabel* const label = state.add_group();
      label->set_name(name);
      label->set_value(value);
    }
    state.set_interval_nanos(absl::ToInt64Nanoseconds(beater.interval));
    state.set_last_unix_nano(absl::ToUnixNanos(beater.last));
    if (beater.missing_since != absl::InfiniteFuture()) {
      state.set_missing(true);
      state.set_missing_since_unix_nano(absl::ToUnixNanos(beater.missing_since));
    }
    sink->Put(key, state.SerializeAsString());
  }
  touched_.clear();
}

absl::Status HeartbeatStage::Load(const StateSource& source) {
  return source.ForEach("", [this](std::string_view key, std::string_view value) {
    v1::MonitorBeatState state;
    if (!state.ParseFromArray(value.data(), static_cast<int>(value.size()))) {
      return DataLoss("the state of a heartbeat is damaged");
    }
    Beater beater;
    for (const v1::MonitorLabel& label : state.group()) beater.group.emplace_back(label.name(), label.value());
    beater.interval = absl::Nanoseconds(state.interval_nanos());
    beater.last = absl::FromUnixNanos(state.last_unix_nano());
    if (state.missing()) {
      beater.missing_since = absl::FromUnixNanos(state.missing_since_unix_nano());
      ++missing_;
    }
    beaters_.emplace(key, std::move(beater));
    return absl::OkStatus();
  });
}

}  // namespace sluice::monitor
