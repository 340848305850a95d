// When nobody is told of an alert: silences (once, from then to then) and maintenance windows (each week). Pure.
//
//   silences:
//     - {match: {rule: traffic, host: "web-*"}, from: 2026-11-20T22:00:00Z, to: 2026-11-21T06:00:00Z, comment: move}
//   maintenance:
//     - {match: {}, days: [sat, sun], from: "22:00", to: "06:00", zone: Europe/Berlin}
#pragma once

#include <array>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "base/config.h"
#include "consumer/monitor/notify/alert_matcher.h"

namespace sluice::monitor {

// Thread-safe, but for assignment.
class Silences {
 public:
  // No silence at all.
  Silences() = default;
  // The lists "silences" and "maintenance" of the mapping. Errors go to the file.
  static Silences Read(const ConfigNode& root);

  bool Holds(const Alert& alert, absl::Time now) const;

 private:
  struct Silence {
    AlertMatcher matcher;
    absl::Time from = absl::InfinitePast();
    absl::Time to = absl::InfiniteFuture();
  };
  // From `from_minute` of the named days to `to_minute`, of the next day if that is no later.
  struct Window {
    AlertMatcher matcher;
    std::array<bool, 7> days = {};  // from Monday on
    int from_minute = 0;
    int to_minute = 0;
    absl::TimeZone zone;
    bool Holds(absl::Time now) const;
  };

  static Window ReadWindow(const ConfigNode& node);

  std::vector<Silence> silences_;
  std::vector<Window> windows_;
};

}  // namespace sluice::monitor
