// `groups:` of the collector's configuration.
#pragma once

#include <cstddef>

#include "absl/time/time.h"

namespace sluice::collector {

struct GroupOptions {
  size_t groups_max = 1'000;
  // A member that is to give up a share has so long to acknowledge what it got of it.
  absl::Duration rebalance_timeout = absl::Seconds(10);
  // A group without members is forgotten after it.
  absl::Duration retention = absl::Hours(24 * 7);
};

}  // namespace sluice::collector
