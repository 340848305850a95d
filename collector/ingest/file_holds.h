// Files of a stream of which a batch was rejected: nothing behind it may be stored before it, so that the order of the
// file is kept.
#pragma once

#include <cstdint>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "collector/log/batch_view.h"

namespace sluice::collector {

// Not thread-safe.
class FileHolds {
 public:
  explicit FileHolds(size_t files_max) : files_max_(files_max) {}

  // The batch of `file` that begins at `first_offset` was rejected because of `why`: rejects everything behind it from
  // now on. False if too many files are held already.
  bool Hold(const FileKey& file, uint64_t first_offset, const absl::Status& why);

  // OK if the batch [first_offset, end_offset) may be appended; else with which code it is to be rejected, and why. The
  // batch that covers the held offset lifts the hold.
  absl::Status Check(const FileKey& file, uint64_t first_offset, uint64_t end_offset);

  size_t size() const { return held_.size(); }

 private:
  struct Held {
    uint64_t first_offset;
    absl::StatusCode code;
  };
  const size_t files_max_;
  absl::flat_hash_map<FileKey, Held> held_;
};

}  // namespace sluice::collector
