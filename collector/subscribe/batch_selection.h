// Some records of a stored batch, as a LogBatch of its own.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "base/shared_bytes.h"
#include "collector/log/event_log.h"
#include "collector/subscribe/filter.h"

namespace sluice::collector {

struct SelectionRange {
  uint32_t begin = 0;  // the first record to look at
  // How many records, and about how many bytes of records, are enough.
  uint64_t records_max = std::numeric_limits<uint64_t>::max();
  size_t bytes_max = std::numeric_limits<size_t>::max();
};

struct Selection {
  std::vector<SharedBytes> pieces;  // the LogBatch; empty if no record was selected
  uint32_t records = 0;
  uint32_t end = 0;  // behind the last record that was looked at; the batch's count if all were
};

// The records of `batch` in `range` that `filter` matches (null: all of them), behind the batch's shared fields with
// a summary that speaks of these records. Longer runs of records are not copied.
Selection SelectRecords(const StoredBatch& batch, const SelectionRange& range, const Filter* filter);

}  // namespace sluice::collector
