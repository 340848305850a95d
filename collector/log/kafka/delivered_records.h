// Which records of a file a topic holds already.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace sluice::collector::kafka {

// Value type.
struct DeliveredRecords {
  // Those that begin before it, ...
  uint64_t below = 0;
  // ... and of those in [below, end) the ones that begin at `offsets`, in order; all of them if `exact` is not set.
  uint64_t end = 0;
  bool exact = false;
  std::vector<uint64_t> offsets = {};

  bool Has(uint64_t offset) const {
    if (offset < below) return true;
    return offset < end && (!exact || std::binary_search(offsets.begin(), offsets.end(), offset));
  }
  // None that begins at `offset` or behind it.
  bool NoneFrom(uint64_t offset) const { return offset >= below && offset >= end; }
};

}  // namespace sluice::collector::kafka
