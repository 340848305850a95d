// The names that programs give to the fields of an access log.
#pragma once

#include <string_view>

#include "consumer/monitor/access/access_record.h"

namespace sluice::monitor {

enum class AccessField { kOther, kRequest, kMethod, kTarget, kStatus, kBytes, kClient, kLatency };

struct FieldMeaning {
  AccessField field = AccessField::kOther;
  LatencyUnit unit = LatencyUnit::kAuto;  // of kLatency
  LatencyUnit bare = LatencyUnit::kSeconds;
};

// With `latency.name` that one alone is a latency.
FieldMeaning MeaningOf(std::string_view name, const LatencyField& latency);

// Takes a value; what is no such value leaves the hit as it is.
void TakeField(const FieldMeaning& meaning, std::string_view value, AccessHit* hit);

}  // namespace sluice::monitor
