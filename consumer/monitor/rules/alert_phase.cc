#include "consumer/monitor/rules/alert_phase.h"

namespace sluice::monitor {

AlertPhase::Change AlertPhase::Update(bool holds, bool over, absl::Time at, absl::Duration hold) {
  switch (kind_) {
    case Kind::kQuiet:
      if (!holds) return Change::kNone;
      kind_ = Kind::kPending;
      since_ = at;
      [[fallthrough]];
    case Kind::kPending:
      if (!holds) {
        Clear();
        return Change::kNone;
      }
      if (at - since_ < hold) return Change::kNone;
      Fire(at);
      return Change::kFired;
    case Kind::kFiring:
      if (!over) return Change::kNone;
      Clear();
      return Change::kResolved;
  }
  return Change::kNone;
}

void AlertPhase::Fire(absl::Time at) {
  kind_ = Kind::kFiring;
  since_ = at;
}

void AlertPhase::Save(v1::MonitorAlertPhase* out) const {
  out->set_phase(firing()    ? v1::MonitorAlertPhase::PHASE_FIRING
                 : pending() ? v1::MonitorAlertPhase::PHASE_PENDING
                             : v1::MonitorAlertPhase::PHASE_UNSPECIFIED);
  if (!quiet()) out->set_since_unix_nano(absl::ToUnixNanos(since_));
}

AlertPhase AlertPhase::Load(const v1::MonitorAlertPhase& in) {
  AlertPhase phase;
  if (in.phase() == v1::MonitorAlertPhase::PHASE_UNSPECIFIED) return phase;
  phase.kind_ = in.phase() == v1::MonitorAlertPhase::PHASE_FIRING ? Kind::kFiring : Kind::kPending;
  phase.since_ = absl::FromUnixNanos(in.since_unix_nano());
  return phase;
}

}  // namespace sluice::monitor
