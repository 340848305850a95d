#include "collector/log/rocksdb/commit.h"

#include <optional>
#include <utility>

#include "base/status.h"
#include "base/strings.h"
#include "collector/log/batch_trim.h"
#include "collector/log/pending_batch.h"
#include "collector/log/rocksdb/keys.h"
#include "collector/log/rocksdb/values.h"

namespace sluice::collector {
namespace {

// A write batch that grew beyond this is given back.
constexpr size_t kWriteBatchBytesKept = size_t{32} << 20;

AppendResult Rejected(absl::Status reason) { return {AppendResult::Outcome::kRejected, std::move(reason)}; }

// Takes out of `parts` what lies before `stored_to`. An error is our own mistake.
absl::Status TrimParts(uint64_t stored_to, std::vector<BatchPart>* parts) {
  std::vector<BatchPart> kept;
  for (BatchPart& part : *parts) {
    if (part.view.first_offset < stored_to) {
      part.bytes = SharedBytes::FromString(TrimBatch(part.view, stored_to));
      if (part.bytes.size() == 0) continue;
      SLUICE_ASSIGN_OR_RETURN(part.view, BatchView::Parse(part.bytes.view()));
    }
    kept.push_back(std::move(part));
  }
  *parts = std::move(kept);
  return absl::OkStatus();
}

}  // namespace

void Commit::Begin(const Database::Session* session, uint64_t first_sequence, int64_t append_unix_nano) {
  session_ = session;
  if (write_.GetDataSize() > kWriteBatchBytesKept) {
    write_ = rocksdb::WriteBatch();
  } else {
    write_.Clear();
  }
  next_sequence_ = first_sequence;
  append_unix_nano_ = append_unix_nano;
  committed_ = std::make_shared<CommittedBatches>();
  changed_topics_.clear();
  new_topics_.clear();
  changed_watermarks_.clear();
  forgotten_.clear();
}

absl::Status Commit::Add(const std::vector<PendingBatch>& batches, std::vector<AppendResult>* results) {
  results->resize(batches.size());
  for (size_t i = 0; i < batches.size(); ++i) SLUICE_RETURN_IF_ERROR(AddBatch(batches[i], &(*results)[i]));
  return absl::OkStatus();
}

absl::Status Commit::AddBatch(const PendingBatch& batch, AppendResult* result) {
  const BatchView& view = batch.view;
  if (absl::Status valid = CheckPendingBatch(batch); !valid.ok()) {
    *result = Rejected(std::move(valid));
    return absl::OkStatus();
  }
  const std::string file = keys::EncodeWatermark(view.agent, view.file);
  SLUICE_ASSIGN_OR_RETURN(const uint64_t stored_to, EndOffset(file));
  result->outcome = AppendResult::Outcome::kDuplicate;
  if (view.end_offset <= stored_to) return absl::OkStatus();

  std::vector<BatchPart> parts;
  if (batch.parts.has_value()) {
    parts = *batch.parts;
  } else {
    parts.push_back({batch.bytes, view});
  }
  const bool anything = !parts.empty();
  if (view.first_offset < stored_to) SLUICE_RETURN_IF_ERROR(TrimParts(stored_to, &parts));
  std::vector<uint32_t> topics;
  if (absl::Status refused = ResolveTopics(parts, &topics); !refused.ok()) {
    *result = Rejected(std::move(refused));
    return absl::OkStatus();
  }
  for (size_t i = 0; i < parts.size(); ++i) Store(std::move(parts[i]), topics[i]);
  if (!parts.empty() || !anything) result->outcome = AppendResult::Outcome::kStored;
  changed_watermarks_[file] = {view.end_offset, view};
  return absl::OkStatus();
}

absl::StatusOr<uint64_t> Commit::EndOffset(const std::string& file) const {
  if (const auto changed = changed_watermarks_.find(file); changed != changed_watermarks_.end()) {
    return changed->second.end_offset;
  }
  return watermarks_->EndOffset(*session_, file);
}

absl::Status Commit::ResolveTopics(const std::vector<BatchPart>& parts, std::vector<uint32_t>* ids) {
  std::vector<std::string> made;
  for (const BatchPart& part : parts) {
    const std::string_view name = part.view.topic;
    if (const std::optional<uint32_t> id = topics_->Find(name)) {
      ids->push_back(*id);
      continue;
    }
    const auto [found, is_new] = new_topics_.try_emplace(std::string(name), topics_->size() + new_topics_.size());
    ids->push_back(found->second);
    if (!is_new) continue;
    made.push_back(found->first);
    if (found->second < topics_max_) continue;
    for (const std::string& topic : made) new_topics_.erase(topic);
    return ResourceExhausted("the log has its most topics, ", topics_max_, ": '", name,
                             "' cannot be one more; see the topic templates of the agents' sources");
  }
  return absl::OkStatus();
}

void Commit::Store(BatchPart part, uint32_t topic) {
  const BatchView& view = part.view;
  const uint64_t sequence = next_sequence_++;
  const auto size = static_cast<uint32_t>(part.bytes.size());
  write_.Put(session_->batches(), keys::EncodeBatch(sequence, topic), ToSlice(part.bytes.view()));
  write_.Put(session_->index(), keys::EncodeIndex(topic, sequence),
             IndexEntry{append_unix_nano_, size, view.count}.Encode());

  const auto [changed, is_new] = changed_topics_.try_emplace(topic);
  ChangedTopic& change = changed->second;
  if (is_new) {
    if (topic < topics_->size()) {
      change.appended = topics_->Get(topic).appended;
    } else {
      change.appended.name = std::string(view.topic);
    }
    change.first_sequence = sequence;
  }
  change.appended.last_sequence = sequence;
  change.appended.last_append_unix_nano = append_unix_nano_;
  change.appended.records += view.count;
  change.appended.bytes += size;

  committed_->batches.push_back({sequence, append_unix_nano_, std::move(part.bytes), view});
  committed_->topics.push_back(topic);
}

absl::Status Commit::ForgetWatermarks(const std::vector<std::string>& keys, int64_t append_unix_nano) {
  for (const std::string& key : keys) {
    std::string stored;
    const rocksdb::Status status = session_->db()->Get({}, session_->watermarks(), key, &stored);
    if (status.IsNotFound()) continue;
    if (!status.ok()) return FromRocksDb(status, "read an old watermark");
    const std::optional<WatermarkValue> value = WatermarkValue::Decode(stored);
    if (!value.has_value() || value->append_unix_nano >= append_unix_nano) continue;
    write_.Delete(session_->watermarks(), key);
    forgotten_.push_back(key);
  }
  return absl::OkStatus();
}

void Commit::Finish() {
  for (const auto& [topic, change] : changed_topics_) {
    write_.Put(session_->meta(), keys::EncodeTopic(keys::kAppendedPrefix, topic), change.appended.Encode());
  }
  for (const auto& [file, change] : changed_watermarks_) {
    write_.Put(session_->watermarks(), file, WatermarkValue::Encode(append_unix_nano_, change.last));
  }
  if (!committed_->batches.empty()) {
    write_.Put(session_->meta(), keys::EncodeCommit({append_unix_nano_, committed_->first_sequence()}), "");
  }
}

std::shared_ptr<const CommittedBatches> Commit::Apply() {
  // New topics in the order of their ids.
  for (auto id = topics_->size(); !new_topics_.empty() && changed_topics_.contains(id); ++id) {
    ChangedTopic& change = changed_topics_[id];
    topics_->ApplyAppended(id, std::move(change.appended), change.first_sequence);
    changed_topics_.erase(id);
  }
  for (auto& [id, change] : changed_topics_) {
    topics_->ApplyAppended(id, std::move(change.appended), change.first_sequence);
  }
  for (const auto& [file, change] : changed_watermarks_) watermarks_->Committed(file, change.end_offset);
  for (const std::string& file : forgotten_) watermarks_->Deleted(*session_, file);
  if (committed_->batches.empty()) return nullptr;
  return std::move(committed_);
}

}  // namespace sluice::collector
