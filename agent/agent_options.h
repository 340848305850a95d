// What an agent is told to do: flags and configuration file, checked.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "agent/ship/tls_options.h"
#include "agent/source/source.h"
#include "base/address.h"

namespace sluice::agent {

// As given on the command line; empty: not given.
struct AgentFlags {
  std::string config;
  std::string collector;
  std::string state_dir;
  std::string id;
  std::string http_address;
  std::vector<std::string> directories;
  bool insecure = false;
};

struct AgentOptions {
  std::string id;
  std::string host;
  std::string state_dir;
  HostPort http_address;
  bool http_required = false;  // somebody asked for this address; the default one may be missing if it is in use
  bool insecure = false;
  std::vector<std::string> collectors;  // HOST:PORT of each
  TlsOptions tls;
  absl::Duration checkpoint_interval = absl::Seconds(1);
  int64_t checkpoint_records = 10'000;
  uint64_t window_bytes = 16 << 20;
  size_t max_line_bytes = 256 << 10;
  bool events = true;  // lifecycle records, in topic sluice.events
  absl::Duration deleted_keep_open = absl::Hours(24);
  uint64_t deleted_bytes_max = uint64_t{10} << 30;
  std::vector<std::shared_ptr<const Source>> sources;
};

// Flags override the file, and directories add sources to its own. InvalidArgument with all that is wrong, one problem
// a line, each with where it stands; NotFound if the file is not there.
absl::StatusOr<AgentOptions> LoadAgentOptions(const AgentFlags& flags);

}  // namespace sluice::agent
