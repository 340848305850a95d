#include "collector/ingest/file_holds.h"

#include <utility>

#include "base/status.h"
#include "base/strings.h"

namespace sluice::collector {

absl::Status FileHolds::Admit(const BatchView& batch) {
  SLUICE_RETURN_IF_ERROR(CheckHeld(batch));
  return CheckDoubt(batch);
}

absl::Status FileHolds::CheckHeld(const BatchView& batch) {
  auto entry = held_.find(batch.file);
  if (entry == held_.end()) return absl::OkStatus();
  const Held& held = entry->second;
  if (batch.first_offset > held.first_offset) {
    return MakeStatus(held.code, "held back: the batch of this file that begins at ", held.first_offset,
                      " was rejected; send it again first");
  }
  if (batch.end_offset > held.first_offset) held_.erase(entry);
  return absl::OkStatus();
}

absl::Status FileHolds::CheckDoubt(const BatchView& batch) {
  auto doubt = doubts_.find(batch.file);
  if (doubt == doubts_.end()) {
    if (taken_topics_.contains(ToAbsl(batch.topic))) return absl::OkStatus();
    doubt = doubts_.emplace(batch.file, Doubt{std::string(batch.topic)}).first;
  } else if (doubt->second.topic != batch.topic) {
    absl::Status status = ResourceExhausted("held back: a batch of this file is on its way to the new topic '",
                                            doubt->second.topic, "'; send this one again");
    Hold(batch, status.code());
    return status;
  }
  ++doubt->second.batches;
  return absl::OkStatus();
}

void FileHolds::Resolve(const BatchView& batch, const absl::Status& result) {
  if (auto doubt = doubts_.find(batch.file); doubt != doubts_.end() && doubt->second.topic == batch.topic) {
    if (result.ok()) taken_topics_.insert(doubt->second.topic);
    if (--doubt->second.batches == 0) doubts_.erase(doubt);
  }
  if (!result.ok()) Hold(batch, result.code());
}

void FileHolds::Hold(const BatchView& batch, absl::StatusCode code) {
  auto entry = held_.find(batch.file);
  if (entry == held_.end()) {
    overflowed_ |= held_.size() == files_max_;
    if (!overflowed_) held_.emplace(batch.file, Held{batch.first_offset, code});
    return;
  }
  // The first one that is missing decides.
  if (batch.first_offset <= entry->second.first_offset) entry->second = {batch.first_offset, code};
}

}  // namespace sluice::collector
