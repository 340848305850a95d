// A long line as several records.
#pragma once

#include <cstddef>
#include <string>

#include "collector/log/record_view.h"

namespace sluice::collector {

// The records, as fields of a LogBatch, that a record whose line is longer than `line_bytes_max` (at least 4) becomes:
// parts of consecutive offsets, marked as the agent marks them; joined they are the line. Parts end at whole UTF-8
// characters. Attributes stay with the first. More than one, if the line is longer.
std::string SplitRecord(const RecordView& record, size_t line_bytes_max);

}  // namespace sluice::collector
