// What `sluice alerts` prints. Value in, text out.
#pragma once

#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "absl/time/time.h"
#include "consumer/monitor/stage.h"

namespace sluice::cli {

// The alerts that fire, by what is told of them. Not thread-safe.
class FiringAlerts {
 public:
  // More are forgotten, the oldest first.
  static constexpr size_t kMax = 100'000;

  void Take(const monitor::Alert& alert);
  // The worst first; of the same severity the newest first.
  std::vector<monitor::Alert> All() const;

 private:
  using Identity = std::tuple<absl::Time, std::string, monitor::Alert::Group>;
  std::map<Identity, monitor::Alert> firing_;
};

struct AlertsLook {
  bool color = false;
  absl::TimeZone zone = absl::LocalTimeZone();
};

// A table of those that fire.
std::string FiringTable(const std::vector<monitor::Alert>& alerts, absl::Time now, const AlertsLook& look);
// One line, with its newline: that it begins to fire, or has ended and how long it took.
std::string AlertLine(const monitor::Alert& alert, const AlertsLook& look);

}  // namespace sluice::cli
