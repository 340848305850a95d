// Where consumer groups are remembered: names and their states. One for each engine of the log.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace sluice::collector {

// A state is a v1::GroupState. Thread-safe. Every call may wait for the disk or the network; an error may pass.
class GroupStore {
 public:
  virtual ~GroupStore() = default;
  // All groups, and the last state that was saved of each.
  virtual absl::StatusOr<std::vector<std::pair<std::string, std::string>>> Load() = 0;
  // Durable when it returns. Slots that are not in it stay as they were saved before (only where collectors share
  // groups is any left out).
  virtual absl::Status Save(std::string_view group, std::string_view state) = 0;
  virtual absl::Status Remove(std::string_view group) = 0;
};

}  // namespace sluice::collector
