// Who beats, and who has fallen silent: services by their records in topic `heartbeats`, agents by what the collector
// tells of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "consumer/monitor/stage.h"

namespace sluice::monitor {

struct HeartbeatOptions {
  bool enabled = true;
  // Silence of so many intervals is told.
  double factor = 3;
  // Agents are watched, too; how long one may be without a connection.
  bool agents = true;
  absl::Duration agent_interval = absl::Seconds(30);
  // Of services and agents that there are no more: not watched.
  std::vector<std::string> retired = {};
  // Who is silent for this long is forgotten.
  absl::Duration forget = absl::Hours(7 * 24);
  v1::Severity severity = v1::SEVERITY_ERROR;

  friend bool operator==(const HeartbeatOptions&, const HeartbeatOptions&) = default;
};

// An agent, as the collector knows it.
struct AgentSeen {
  std::string id;
  std::string host;
  absl::Time last_seen;  // the present moment while it is connected
};

// Not thread-safe. A service that beats is learnt; one whose record says "retired" is forgotten. While the monitor
// itself was away or behind nobody could be heard: from the first Tick after that everybody has the whole time again.
class HeartbeatStage final : public Stage {
 public:
  static constexpr std::string_view kRule = "missing_heartbeat";
  static constexpr size_t kBeatersMax = 100'000;

  explicit HeartbeatStage(HeartbeatOptions options) { Configure(std::move(options)); }

  std::string_view name() const override { return "heartbeats"; }
  void Observe(const Input& input, Findings* findings) override;
  void Advance(absl::Time watermark, Findings* findings) override {}
  void Tick(absl::Time now, Findings* findings) override;
  void Save(StateSink* sink) override;
  absl::Status Load(const StateSource& source) override;

  void Configure(HeartbeatOptions options);
  // What the collector says now, before a Tick.
  void SeeAgents(const std::vector<AgentSeen>& agents, Findings* findings);

  std::vector<Alert> Firing() const;
  size_t beaters() const { return beaters_.size(); }
  size_t missing() const { return missing_; }
  // Records that are no heartbeats, and heartbeats of more than kBeatersMax.
  uint64_t malformed() const { return malformed_; }
  uint64_t beaters_exceeded() const { return exceeded_; }

 private:
  struct Beater {
    Alert::Group group;  // what tells it apart
    absl::Duration interval;
    absl::Time last;
    absl::Time missing_since = absl::InfiniteFuture();  // told; its `last` of then
  };
  using Beaters = std::map<std::string, Beater>;

  void Beat(Alert::Group group, absl::Duration interval, absl::Time at, Findings* findings);
  void Retire(std::string_view service, std::string_view instance, absl::Time at, Findings* findings);
  Beaters::iterator Remove(Beaters::iterator beater, absl::Time at, Findings* findings);
  void Return(const std::string& key, Beater* beater, absl::Time at, Findings* findings);
  Alert MakeAlert(const Beater& beater, absl::Time ends_at) const;

  HeartbeatOptions options_;
  std::set<std::string, std::less<>> retired_;
  Beaters beaters_;
  size_t missing_ = 0;
  absl::Time last_tick_ = absl::InfinitePast();
  absl::Time listening_since_ = absl::InfiniteFuture();
  absl::flat_hash_set<std::string> touched_;
  uint64_t malformed_ = 0;
  uint64_t exceeded_ = 0;
};

}  // namespace sluice::monitor
