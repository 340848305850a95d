// Which share of a consumer group a batch belongs to.
#pragma once

#include "collector/log/batch_view.h"
#include "collector/log/group_slots.h"

namespace sluice::collector {

// 0 to 63; of a batch all records.
int SlotOf(const BatchView& batch);

}  // namespace sluice::collector
