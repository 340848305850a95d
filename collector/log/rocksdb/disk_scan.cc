#include "collector/log/rocksdb/disk_scan.h"

#include <utility>

#include "base/status.h"
#include "base/strings.h"
#include "collector/log/rocksdb/keys.h"

namespace sluice::collector {
namespace {

// From this size on a batch stays where RocksDB read it to; a smaller one is copied out of its block.
constexpr uint32_t kPinnedBytesMin = 32 * 1024;

Omission Dropped(const Topic& topic, uint64_t from) {
  return {Omission::Reason::kRetention, topic.RecordsDroppedFrom(from), topic.appended.name,
          "the retention took them before they were read"};
}

}  // namespace

void DiskScan::Start(uint64_t begin, uint64_t end, const std::vector<bool>& matches, bool tell_dropped) {
  position_ = begin;
  end_ = end;
  line_ = {};
  omissions_.clear();
  topics_.ForEach([&](uint32_t id, const Topic& topic) {
    if (id >= matches.size() || !matches[id] || topic.appended.last_sequence < begin) return;
    uint64_t first = begin;
    if (topic.dropped.through_sequence >= begin) {
      first = topic.dropped.through_sequence + 1;
      Omission dropped = Dropped(topic, begin);
      if (tell_dropped && dropped.records > 0) omissions_.push_back(std::move(dropped));
    }
    if (first < end) line_.push({first, id, /*exact=*/false});
  });
}

absl::Status DiskScan::Read(size_t max_bytes, std::vector<StoredBatch>* out, Omission* omission) {
  if (!omissions_.empty()) {
    *omission = std::move(omissions_.back());
    omissions_.pop_back();
    return absl::OkStatus();
  }
  if (line_.empty()) {
    position_ = end_;
    return absl::OkStatus();
  }
  SLUICE_ASSIGN_OR_RETURN(Database::Session session, database_.Enter());
  Call call(std::move(session));
  call.out = out;
  call.omission = omission;
  call.index.reset(call.session.db()->NewIterator({}, call.session.index()));
  while (!line_.empty() && call.bytes < max_bytes && !call.stop && omission->reason == Omission::Reason::kNone) {
    const absl::Status status = Step(&call);
    // What was read is given first; the error comes again.
    if (!status.ok()) return call.bytes > 0 ? absl::OkStatus() : status;
  }
  if (line_.empty()) position_ = end_;
  return absl::OkStatus();
}

bool DiskScan::MayTell(Call* call) {
  call->stop = call->bytes > 0;
  return !call->stop;
}

absl::Status DiskScan::Step(Call* call) {
  const Next next = line_.top();
  rocksdb::Iterator& index = *call->index;
  if (SequenceOf(next.topic, index) != next.sequence) index.Seek(keys::EncodeIndex(next.topic, next.sequence));
  if (!index.Valid() && !index.status().ok()) {
    if (!IsDamage(index.status())) return FromRocksDb(index.status(), "read the index");
    SkipDamagedIndex(call, next, index.status());
    return absl::OkStatus();
  }
  const std::optional<uint64_t> found = SequenceOf(next.topic, index);
  if (found == next.sequence) return ReadEntry(call, next);
  Skip(call, next, found);
  return absl::OkStatus();
}

absl::Status DiskScan::ReadEntry(Call* call, const Next& next) {
  const std::optional<IndexEntry> entry = IndexEntry::Decode(ToView(call->index->value()));
  std::string damaged = "its index entry is malformed";
  StoredBatch batch;
  if (entry.has_value()) {
    damaged.clear();
    SLUICE_RETURN_IF_ERROR(Fetch(call, next, *entry, &batch, &damaged));
  }
  if (!damaged.empty()) {
    const Topic topic = topics_.Get(next.topic);
    // Taken between the look into the index and the look at the batch.
    const bool dropped = topic.dropped.through_sequence >= next.sequence;
    if (!MayTell(call)) return absl::OkStatus();
    *call->omission =
        dropped ? Dropped(topic, next.sequence)
                : Omission{Omission::Reason::kCorruption, entry.has_value() ? entry->records : 0, topic.appended.name,
                           StrCat("batch ", next.sequence, " cannot be read: ", damaged)};
    line_.pop();
    if (dropped) {
      line_.push({topic.dropped.through_sequence + 1, next.topic, /*exact=*/false});
      return absl::OkStatus();
    }
  } else {
    call->bytes += batch.bytes.size();
    call->out->push_back(std::move(batch));
    line_.pop();
  }
  position_ = next.sequence + 1;
  call->index->Next();
  Enqueue(next, *call->index);
  return absl::OkStatus();
}

absl::Status DiskScan::Fetch(Call* call, const Next& next, const IndexEntry& entry, StoredBatch* batch,
                             std::string* damaged) {
  const std::string key = keys::EncodeBatch(next.sequence, next.topic);
  rocksdb::ReadOptions options;
  options.fill_cache = false;
  rocksdb::Status status;
  if (entry.bytes >= kPinnedBytesMin) {
    const auto value = std::make_shared<rocksdb::PinnableSlice>();
    status = call->session.db()->Get(options, call->session.batches(), key, value.get());
    batch->bytes = SharedBytes(value, ToView(*value));
  } else {
    std::unique_ptr<rocksdb::Iterator>& it = call->batches;
    if (it == nullptr) it.reset(call->session.db()->NewIterator(options, call->session.batches()));
    // Mostly it is the next one.
    if (it->Valid()) it->Next();
    if (!it->Valid() || it->key() != rocksdb::Slice(key)) it->Seek(key);
    status = it->status();
    if (status.ok() && (!it->Valid() || it->key() != rocksdb::Slice(key))) status = rocksdb::Status::NotFound();
    if (status.ok()) batch->bytes = SharedBytes::FromString(it->value().ToString());
    if (!status.ok()) it.reset();
  }
  if (!status.ok()) {
    if (!IsDamage(status) && !status.IsNotFound()) return FromRocksDb(status, StrCat("read batch ", next.sequence));
    *damaged = status.ToString();
    return absl::OkStatus();
  }
  absl::StatusOr<BatchView> view = BatchView::Parse(batch->bytes.view());
  if (!view.ok()) {
    *damaged = std::string(MessageOf(view.status()));
    return absl::OkStatus();
  }
  batch->sequence = next.sequence;
  batch->append_unix_nano = entry.append_unix_nano;
  batch->view = *std::move(view);
  return absl::OkStatus();
}

void DiskScan::Skip(Call* call, const Next& next, std::optional<uint64_t> found) {
  const Topic topic = topics_.Get(next.topic);
  Omission missing;
  if (topic.dropped.through_sequence >= next.sequence) {
    missing = Dropped(topic, next.sequence);
  } else if (next.exact) {
    missing = {Omission::Reason::kCorruption, 0, topic.appended.name,
               StrCat("batch ", next.sequence, " is missing in the index")};
  }
  if (missing.reason != Omission::Reason::kNone) {
    if (!MayTell(call)) return;
    *call->omission = std::move(missing);
  }
  line_.pop();
  if (found.has_value() && *found < end_) line_.push({*found, next.topic, /*exact=*/true});
}

void DiskScan::SkipDamagedIndex(Call* call, const Next& next, const rocksdb::Status& status) {
  if (!MayTell(call)) return;
  const Topic topic = topics_.Get(next.topic);
  *call->omission = {Omission::Reason::kCorruption, 0, topic.appended.name,
                     StrCat("the index cannot be read from batch ", next.sequence, " on: ", status.ToString())};
  line_.pop();
  // Longer and longer steps lead behind the damaged block.
  for (uint64_t step = 1; next.sequence + step < end_; step *= 2) {
    call->index->Seek(keys::EncodeIndex(next.topic, next.sequence + step));
    if (!call->index->status().ok()) continue;
    Enqueue(next, *call->index);
    return;
  }
}

void DiskScan::Enqueue(const Next& before, const rocksdb::Iterator& index) {
  if (!index.Valid() && !index.status().ok()) {
    // Looked at again, and told, when it is its turn.
    if (before.sequence + 1 < end_) line_.push({before.sequence + 1, before.topic, /*exact=*/false});
    return;
  }
  const std::optional<uint64_t> sequence = SequenceOf(before.topic, index);
  if (sequence.has_value() && *sequence < end_) line_.push({*sequence, before.topic, /*exact=*/true});
}

std::optional<uint64_t> DiskScan::SequenceOf(uint32_t topic, const rocksdb::Iterator& index) const {
  if (!index.Valid()) return std::nullopt;
  const std::optional<keys::Index> key = keys::DecodeIndex(ToView(index.key()));
  if (!key.has_value() || key->topic != topic) return std::nullopt;
  return key->sequence;
}

}  // namespace sluice::collector
