#include "collector/ingest/file_holds.h"

#include <utility>

#include "absl/functional/function_ref.h"
#include "base/status.h"
#include "base/strings.h"

namespace sluice::collector {
namespace {

// Where the batch goes.
void ForEachTopic(const PendingBatch& batch, absl::FunctionRef<void(std::string_view)> visit) {
  if (!batch.parts.has_value()) return visit(batch.view.topic);
  for (const BatchPart& part : *batch.parts) visit(part.view.topic);
}

bool GoesTo(const PendingBatch& batch, std::string_view topic) {
  bool goes = false;
  ForEachTopic(batch, [&](std::string_view other) { goes |= other == topic; });
  return goes;
}

}  // namespace

absl::Status FileHolds::Admit(const PendingBatch& batch) {
  SLUICE_RETURN_IF_ERROR(CheckHeld(batch.view));
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

absl::Status FileHolds::CheckDoubt(const PendingBatch& batch) {
  auto doubt = doubts_.find(batch.view.file);
  if (doubt == doubts_.end()) {
    bool taken = true;
    ForEachTopic(batch, [&](std::string_view topic) { taken &= taken_topics_.contains(ToAbsl(topic)); });
    if (taken) return absl::OkStatus();
    doubt = doubts_.emplace(batch.view.file, Doubt()).first;
  }
  for (const std::string& topic : doubt->second.topics) {
    if (GoesTo(batch, topic)) continue;
    absl::Status status = ResourceExhausted("held back: a batch of this file is on its way to the new topic '", topic,
                                            "'; send this one again");
    Hold(batch.view, status.code());
    return status;
  }
  ForEachTopic(batch, [&](std::string_view topic) {
    if (!taken_topics_.contains(ToAbsl(topic))) doubt->second.topics.emplace(topic);
  });
  ++doubt->second.batches;
  return absl::OkStatus();
}

void FileHolds::Resolve(const PendingBatch& batch, const absl::Status& result) {
  if (auto doubt = doubts_.find(batch.view.file); doubt != doubts_.end()) {
    // One that was admitted before there was a doubt has none of its topics.
    bool counted = false;
    for (const std::string& topic : doubt->second.topics) {
      if (!GoesTo(batch, topic)) continue;
      counted = true;
      if (result.ok()) taken_topics_.insert(topic);
    }
    if (counted && --doubt->second.batches == 0) doubts_.erase(doubt);
  }
  if (!result.ok()) Hold(batch.view, result.code());
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
