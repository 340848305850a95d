// Which lines the access statistics are of, and what is told of them.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "base/config.h"
#include "consumer/monitor/access/access_record.h"

namespace sluice::monitor {

struct AccessOptions {
  bool enabled = true;
  // Globs. Lines count whose topic matches one of `topics`, or whose file's path matches one of `paths`.
  std::vector<std::string> topics = {};
  std::vector<std::string> paths = {"/var/log/access.log"};
  // Whole seconds; intervals begin at multiples of it since 1970.
  absl::Duration interval = absl::Seconds(10);
  size_t sections = 10;
  LatencyField latency = {};
};

// The mapping "statistics" of the monitor's configuration. With topics and no paths, only the topics count.
AccessOptions ReadAccessOptions(const ConfigNode& statistics);

}  // namespace sluice::monitor
