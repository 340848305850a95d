#include "collector/log/rocksdb/retention.h"

#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "base/status.h"
#include "base/strings.h"
#include "collector/log/rocksdb/keys.h"

namespace sluice::collector {
namespace {

constexpr uint64_t kBytesStep = 32;
constexpr int64_t kAgeStep = 64;
constexpr size_t kStepsMax = 32;
// From this many on the index is tidied up at once.
constexpr uint64_t kEntriesToCompact = 10'000;

}  // namespace

absl::StatusOr<bool> RetentionPass::Run(const Database::Session& session, int64_t now_unix_nano) {
  const int64_t age = absl::ToInt64Nanoseconds(limits_.age);
  const int64_t due_before = now_unix_nano - age - age / kAgeStep;
  std::vector<uint32_t> due;
  topics_.ForEach([&](uint32_t id, const Topic& topic) {
    if (topic.first_sequence == 0) return;
    const bool large = topic.bytes() > limits_.bytes && topic.first_sequence < topic.appended.last_sequence;
    if (large || topic.first_append_unix_nano < due_before) due.push_back(id);
  });
  for (const uint32_t id : due) {
    if (stop_) break;
    SLUICE_RETURN_IF_ERROR(DropOldest(session, id, now_unix_nano));
  }
  return !due.empty();
}

absl::Status RetentionPass::DropOldest(const Database::Session& session, uint32_t id, int64_t now_unix_nano) {
  const Topic topic = topics_.Get(id);
  SLUICE_ASSIGN_OR_RETURN(Plan plan, MakePlan(session, id, topic, now_unix_nano));
  if (plan.entries == 0) return absl::OkStatus();
  plan.dropped.steps.push_back({topic.first_sequence, topic.dropped.records});
  if (plan.dropped.steps.size() > kStepsMax) plan.dropped.steps.erase(plan.dropped.steps.begin());
  // Readers learn of it before the batches are gone, so that they never miss one without knowing why.
  while (!topics_.ApplyDropped(id, plan.dropped, plan.first_sequence, plan.first_append_unix_nano)) {
    SLUICE_RETURN_IF_ERROR(FindFirst(session, id, &plan));
  }
  return Write(session, id, plan);
}

absl::StatusOr<RetentionPass::Plan> RetentionPass::MakePlan(const Database::Session& session, uint32_t id,
                                                            const Topic& topic, int64_t now_unix_nano) const {
  Plan plan;
  plan.dropped = topic.dropped;
  const int64_t cutoff = now_unix_nano - absl::ToInt64Nanoseconds(limits_.age);
  uint64_t bytes_left = topic.bytes();
  const uint64_t bytes_goal =
      bytes_left > limits_.bytes ? limits_.bytes - limits_.bytes / kBytesStep : std::numeric_limits<uint64_t>::max();
  rocksdb::ReadOptions options;
  options.fill_cache = false;
  const std::unique_ptr<rocksdb::Iterator> it(session.db()->NewIterator(options, session.index()));
  for (it->Seek(keys::EncodeIndex(id, topic.first_sequence)); it->Valid() && !stop_; it->Next()) {
    const std::optional<keys::Index> key = keys::DecodeIndex(ToView(it->key()));
    const std::optional<IndexEntry> entry = IndexEntry::Decode(ToView(it->value()));
    if (!key.has_value() || !entry.has_value()) return DataLoss("the index of topic ", id, " is damaged");
    // What was appended since `topic` was looked at stays for the next time.
    if (key->topic != id || key->sequence > topic.appended.last_sequence) return plan;
    const bool old = entry->append_unix_nano < cutoff;
    const bool large = bytes_left > bytes_goal && key->sequence < topic.appended.last_sequence;
    if (!old && !large) {
      plan.first_sequence = key->sequence;
      plan.first_append_unix_nano = entry->append_unix_nano;
      return plan;
    }
    bytes_left -= entry->bytes;
    plan.dropped.through_sequence = key->sequence;
    plan.dropped.records += entry->records;
    plan.dropped.bytes += entry->bytes;
    ++plan.entries;
  }
  SLUICE_RETURN_IF_ERROR(FromRocksDb(it->status(), StrCat("read the index of topic ", id)));
  return plan;
}

absl::Status RetentionPass::FindFirst(const Database::Session& session, uint32_t id, Plan* plan) const {
  const std::unique_ptr<rocksdb::Iterator> it(session.db()->NewIterator({}, session.index()));
  it->Seek(keys::EncodeIndex(id, plan->dropped.through_sequence + 1));
  SLUICE_RETURN_IF_ERROR(FromRocksDb(it->status(), StrCat("read the index of topic ", id)));
  if (!it->Valid()) return absl::OkStatus();
  const std::optional<keys::Index> key = keys::DecodeIndex(ToView(it->key()));
  const std::optional<IndexEntry> entry = IndexEntry::Decode(ToView(it->value()));
  if (!key.has_value() || !entry.has_value()) return DataLoss("the index of topic ", id, " is damaged");
  if (key->topic != id) return absl::OkStatus();
  plan->first_sequence = key->sequence;
  plan->first_append_unix_nano = entry->append_unix_nano;
  return absl::OkStatus();
}

absl::Status RetentionPass::Write(const Database::Session& session, uint32_t id, const Plan& plan) {
  const std::string begin = keys::EncodeIndex(id, 0);
  const std::string end = keys::EncodeIndex(id, plan.dropped.through_sequence + 1);
  rocksdb::WriteBatch batch;
  batch.Put(session.meta(), keys::EncodeTopic(keys::kDroppedPrefix, id), plan.dropped.Encode());
  batch.DeleteRange(session.index(), begin, end);
  SLUICE_RETURN_IF_ERROR(FromRocksDb(session.Write(&batch), "drop old batches"));
  if (plan.entries < kEntriesToCompact) return absl::OkStatus();
  const rocksdb::Slice begin_slice(begin);
  const rocksdb::Slice end_slice(end);
  rocksdb::CompactRangeOptions options;
  options.exclusive_manual_compaction = false;
  return FromRocksDb(session.db()->CompactRange(options, session.index(), &begin_slice, &end_slice),
                     "tidy up the index");
}

absl::Status DropCommitTimes(const Database::Session& session, uint64_t first_sequence) {
  const std::unique_ptr<rocksdb::Iterator> it(session.db()->NewIterator({}, session.meta()));
  it->Seek(ToSlice(keys::kCommitPrefix));
  std::string first;
  std::string last;
  for (; it->Valid(); it->Next()) {
    const std::optional<keys::Commit> commit = keys::DecodeCommit(ToView(it->key()));
    // The commit in which `first_sequence` lies stays.
    if (!commit.has_value() || commit->first_sequence > first_sequence) break;
    if (first.empty()) first = it->key().ToString();
    last = it->key().ToString();
  }
  SLUICE_RETURN_IF_ERROR(FromRocksDb(it->status(), "read the times of commits"));
  if (first == last) return absl::OkStatus();
  rocksdb::WriteBatch batch;
  batch.DeleteRange(session.meta(), first, last);
  return FromRocksDb(session.Write(&batch), "drop the times of old commits");
}

}  // namespace sluice::collector
