// A batch without what is already stored of it.
#pragma once

#include <cstdint>
#include <string>

#include "collector/log/batch_view.h"

namespace sluice::collector {

// `batch` (validated) from `first_offset` on: the same shared fields but for first_offset, the summary and
// skipped_bytes (which spoke of what is before), and only the records that begin at `first_offset` or behind it. Empty
// if there are none.
std::string TrimBatch(const BatchView& batch, uint64_t first_offset);

// The same, without what begins at `end_offset` or behind it; it covers up to `end_offset` then, and has no frontier,
// which spoke of the bytes before the old end.
std::string CutBatch(const BatchView& batch, uint64_t first_offset, uint64_t end_offset);

}  // namespace sluice::collector
