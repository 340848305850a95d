// Which alerts a silence, a maintenance window or a channel is about.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/config.h"
#include "base/glob.h"
#include "consumer/monitor/stage.h"

namespace sluice::monitor {

// What an alert has under this name: "rule", "severity", one of its group or of its labels; empty if nothing.
std::string AlertValue(const Alert& alert, std::string_view name);

// Immutable; thread-safe.
class AlertMatcher {
 public:
  // Matches all alerts.
  AlertMatcher() = default;

  // The mapping `key` of the file: names and globs. A name is "rule", "severity", or one of the alert's group or
  // labels. Errors go to the file.
  static AlertMatcher Read(const ConfigNode& node, std::string_view key);

  // If all of the globs match; what an alert does not have is empty.
  bool Matches(const Alert& alert) const;

  friend bool operator==(const AlertMatcher& a, const AlertMatcher& b);

 private:
  std::vector<std::pair<std::string, Glob>> globs_;
};

}  // namespace sluice::monitor
