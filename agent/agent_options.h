// What an agent is told to do: flags and configuration file, checked.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "agent/limits/rate_limit.h"
#include "agent/ship/tls_options.h"
#include "agent/source/source.h"
#include "base/address.h"
#include "base/process.h"

namespace sluice::agent {

// As given on the command line; empty: not given.
struct AgentFlags {
  std::string config;
  std::string collector;
  std::string state_dir;
  std::string id;
  std::string http_address;
  std::vector<std::string> directories;  // "-" is standard input
  bool insecure = false;
  bool once = false;
  std::string once_timeout;
};

// How the process is scheduled; what is not set stays as it was started.
struct PriorityOptions {
  std::optional<int> nice;  // -20 to 19
  std::optional<IoPriority> ionice;
  friend bool operator==(const PriorityOptions&, const PriorityOptions&) = default;
};

struct AgentOptions {
  std::string id;
  std::string host;
  std::string state_dir;
  HostPort http_address;
  bool http_required = false;  // somebody asked for this address; the default one may be missing if it is in use
  bool insecure = false;
  bool once = false;                                // read all that is there, then end
  absl::Duration once_timeout = absl::Seconds(30);  // to wait for a collector that is away
  std::shared_ptr<const Source> standard_input;     // null: it is not read
  std::vector<std::string> collectors;              // HOST:PORT of each
  TlsOptions tls;
  absl::Duration checkpoint_interval = absl::Seconds(1);
  int64_t checkpoint_records = 10'000;
  uint64_t window_bytes = 16 << 20;
  size_t max_line_bytes = 256 << 10;
  bool events = true;  // lifecycle records, in topic sluice.events
  absl::Duration deleted_keep_open = absl::Hours(24);
  uint64_t deleted_bytes_max = uint64_t{10} << 30;
  absl::Duration close_idle = absl::Minutes(5);
  double cpu_limit = 0;  // of one core; 0: none
  RateLimit limits;      // of all sources together
  PriorityOptions priority;
  std::vector<std::shared_ptr<const Source>> sources;

  std::vector<std::string> warnings;  // of what is no error, each with where it stands

  AgentFlags flags;                // that these options were made with, to load them again
  std::string config_fingerprint;  // of the files, from before they were read
};

// Flags override the file, and directories add sources to its own. What stands in `conf.d/*.yaml` beside the file is
// part of it: their `sources` are added, and no other value may be given twice. InvalidArgument with all that is wrong,
// one problem a line, each with where it stands; NotFound if the file is not there. `running`: the id of the agent that
// loads them again. Its sources' topics are filled in with that one, for a new id needs a restart.
absl::StatusOr<AgentOptions> LoadAgentOptions(const AgentFlags& flags, const std::string& running_id = "");

// The keys that differ and take effect only with a restart.
std::vector<std::string> NeedRestart(const AgentOptions& running, const AgentOptions& wanted);

}  // namespace sluice::agent
