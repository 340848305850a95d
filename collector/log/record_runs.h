// Some records of a batch: what they sum up to, and where they stand.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "collector/log/batch_view.h"
#include "collector/log/record_view.h"

namespace sluice::collector {

// Value type; the runs are views into the batch.
struct RecordRuns {
  uint32_t records = 0;
  SeverityCounts by_severity{};
  uint64_t min_time = std::numeric_limits<uint64_t>::max();
  uint64_t max_time = 0;
  size_t bytes = 0;
  std::vector<std::string_view> runs;  // record fields, as few runs as the records are apart

  // In the order of the batch.
  void Add(const RecordView& record);
};

// Appends the field `summary` of a LogBatch that has these records.
void AppendSummary(const RecordRuns& records, std::string* out);

}  // namespace sluice::collector
