// What a monitor does: from flags and a configuration file, docs/monitor.md has all keys.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "consumer/client/client.h"
#include "consumer/monitor/access/access_options.h"
#include "consumer/monitor/critical_stage.h"
#include "consumer/monitor/heartbeat/heartbeat_stage.h"
#include "consumer/monitor/notify/notify_options.h"
#include "consumer/monitor/rules/rule.h"

namespace sluice::monitor {

// Given on the command line; what is given comes before the file.
struct MonitorFlags {
  std::string config;
  std::string collector;
  std::string group;
  std::string state_dir;
  std::string http_address;
  bool insecure = false;
};

struct MonitorOptions {
  // Of these a change is taken up only with a restart.
  client::ClientOptions client;
  std::string group = "default";
  std::string state_dir = "./sluice-monitor";
  std::string http_address = "127.0.0.1:7073";
  bool insecure = false;
  // Where a monitor begins that has no state yet.
  client::Start start = client::Start::End();
  std::vector<std::string> topics = {};  // globs; none: all

  // These may change while it runs.
  absl::Duration lateness = absl::Seconds(5);
  AccessOptions access = {};
  std::vector<Rule> rules = {};
  HeartbeatOptions heartbeats = {};
  CriticalOptions critical = {};
  NotifyOptions notify = {};
};

// InvalidArgument with all that is wrong in the file and with the flags, one problem a line.
absl::StatusOr<MonitorOptions> LoadMonitorOptions(const MonitorFlags& flags);

// What differs and needs a restart: names of keys; empty if nothing does.
std::vector<std::string> NeedsRestart(const MonitorOptions& before, const MonitorOptions& after);

}  // namespace sluice::monitor
