// Whether a group's alert fires: the hold time before it does, and what ends it.
#pragma once

#include "absl/time/time.h"
#include "sluice/v1/monitor_state.pb.h"

namespace sluice::monitor {

// Value type; pure.
class AlertPhase {
 public:
  enum class Change { kNone, kFired, kResolved };

  // The condition at `at`; later calls are of later times. `over`: it is far enough from the threshold to end an alert.
  Change Update(bool holds, bool over, absl::Time at, absl::Duration hold);
  // Fires since `at`, without a hold time.
  void Fire(absl::Time at);
  void Clear() { *this = AlertPhase(); }

  bool quiet() const { return kind_ == Kind::kQuiet; }
  bool pending() const { return kind_ == Kind::kPending; }
  bool firing() const { return kind_ == Kind::kFiring; }
  // Since when it fires.
  absl::Time since() const { return since_; }

  void Save(v1::MonitorAlertPhase* out) const;
  static AlertPhase Load(const v1::MonitorAlertPhase& in);

 private:
  enum class Kind { kQuiet, kPending, kFiring };
  Kind kind_ = Kind::kQuiet;
  absl::Time since_;
};

}  // namespace sluice::monitor
