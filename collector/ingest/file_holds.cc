#include "collector/ingest/file_holds.h"

#include <algorithm>

#include "base/strings.h"

namespace sluice::collector {

bool FileHolds::Hold(const FileKey& file, uint64_t first_offset, const absl::Status& why) {
  auto entry = held_.find(file);
  if (entry == held_.end()) {
    if (held_.size() == files_max_) return false;
    held_.emplace(file, Held{first_offset, why.code()});
    return true;
  }
  // The first one that is missing decides.
  if (first_offset <= entry->second.first_offset) entry->second = {first_offset, why.code()};
  return true;
}

absl::Status FileHolds::Check(const FileKey& file, uint64_t first_offset, uint64_t end_offset) {
  if (held_.empty()) return absl::OkStatus();
  auto entry = held_.find(file);
  if (entry == held_.end()) return absl::OkStatus();
  const Held& held = entry->second;
  if (first_offset > held.first_offset) {
    return absl::Status(held.code, StrCat("held back: the batch of this file that begins at ", held.first_offset,
                                          " was rejected; send it again first"));
  }
  if (end_offset > held.first_offset) held_.erase(entry);
  return absl::OkStatus();
}

}  // namespace sluice::collector
