#include "collector/log/rocksdb/rocksdb_log.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/log.h"
#include "base/status.h"
#include "base/strings.h"
#include "collector/log/listeners.h"
#include "collector/log/rocksdb/cursor.h"
#include "collector/log/rocksdb/database.h"
#include "collector/log/rocksdb/group_store.h"
#include "collector/log/rocksdb/keys.h"
#include "collector/log/rocksdb/maintenance.h"
#include "collector/log/rocksdb/reader.h"
#include "collector/log/rocksdb/reclaim.h"
#include "collector/log/rocksdb/tail_cache.h"
#include "collector/log/rocksdb/topics.h"
#include "collector/log/rocksdb/values.h"
#include "collector/log/rocksdb/watermarks.h"
#include "collector/log/rocksdb/writer.h"

namespace sluice::collector {

// In the order in which they need each other.
struct RocksDbLog::Parts {
  explicit Parts(std::unique_ptr<Database> db) : database(std::move(db)), watermarks(*database), groups(*database) {}

  std::unique_ptr<Database> database;
  std::shared_ptr<DroppedFilterFactory> filter;
  TopicTable topics;
  WatermarkStore watermarks;
  RocksDbGroupStore groups;
  Listeners listeners;
  std::unique_ptr<TailCache> tail;
  std::unique_ptr<Writer> writer;
  std::unique_ptr<Maintenance> maintenance;
};

RocksDbLog::RocksDbLog() = default;

absl::StatusOr<std::unique_ptr<RocksDbLog>> RocksDbLog::Open(RocksDbOptions options, const Clock* clock) {
  auto filter = std::make_shared<DroppedFilterFactory>();
  SLUICE_ASSIGN_OR_RETURN(std::unique_ptr<Database> database, Database::Open(options, filter));
  auto parts = std::make_unique<Parts>(std::move(database));
  const std::string context = StrCat("data directory ", parts->database->directory());
  {
    SLUICE_ASSIGN_OR_RETURN(const Database::Session session, parts->database->Enter());
    SLUICE_RETURN_IF_ERROR(Annotate(parts->topics.Load(session), context));
    SLUICE_RETURN_IF_ERROR(Annotate(parts->watermarks.Load(session), context));
  }
  parts->filter = std::move(filter);
  parts->tail = std::make_unique<TailCache>(options.tail_bytes, parts->topics.last_sequence() + 1);
  parts->writer =
      std::make_unique<Writer>(options, Writer::Parts{parts->database.get(), &parts->topics, &parts->watermarks,
                                                      parts->tail.get(), &parts->listeners, clock});
  parts->maintenance = std::make_unique<Maintenance>(
      options, Maintenance::Parts{parts->database.get(), &parts->topics, &parts->watermarks, parts->tail.get(),
                                  parts->writer.get(), parts->filter.get(), clock});
  auto log = std::unique_ptr<RocksDbLog>(new RocksDbLog());
  log->parts_ = std::move(parts);
  return log;
}

RocksDbLog::~RocksDbLog() {
  if (parts_ != nullptr) Stop();
}

void RocksDbLog::Append(std::vector<PendingBatch> batches, AppendDone done) {
  parts_->writer->Append(std::move(batches), std::move(done));
}

absl::StatusOr<std::vector<v1::FileWatermark>> RocksDbLog::Watermarks(std::string_view agent) {
  return parts_->watermarks.Of(agent);
}

std::vector<std::string> RocksDbLog::Agents() { return parts_->watermarks.Agents(); }

std::vector<TopicInfo> RocksDbLog::Topics() { return parts_->topics.Infos(); }

std::unique_ptr<LogReader> RocksDbLog::NewReader(Position start, std::function<bool(std::string_view)> topic_matches) {
  return std::make_unique<RocksDbReader>(*parts_->database, parts_->topics, *parts_->tail, &disk_reads_, start,
                                         std::move(topic_matches));
}

Position RocksDbLog::Begin() {
  const Position end = End();
  return {std::min(parts_->topics.first_sequence().value_or(end.sequence), end.sequence), 0};
}

Position RocksDbLog::End() { return {parts_->tail->end(), 0}; }

Position RocksDbLog::AtAppendTime(int64_t unix_nano) {
  const Position end = End();
  const absl::StatusOr<Database::Session> session = parts_->database->Enter();
  // Rather too early than too late.
  if (!session.ok()) return Begin();
  const std::unique_ptr<rocksdb::Iterator> it(session->db()->NewIterator({}, session->meta()));
  it->Seek(keys::EncodeCommit({unix_nano, 0}));
  if (!it->Valid()) return it->status().ok() ? end : Begin();
  const std::optional<keys::Commit> commit = keys::DecodeCommit(ToView(it->key()));
  return commit.has_value() ? Position{std::min(commit->first_sequence, end.sequence), 0} : end;
}

std::string RocksDbLog::FormatCursor(Position position) const {
  return FormatCursorText(parts_->database->log_id(), position);
}

absl::StatusOr<Position> RocksDbLog::ParseCursor(std::string_view cursor) const {
  SLUICE_ASSIGN_OR_RETURN(const Position position, ParseCursorText(parts_->database->log_id(), cursor));
  if (position.sequence > parts_->tail->end()) {
    return FailedPrecondition(
        "the cursor is ahead of the log: its data directory was replaced by an older copy; start from the beginning or "
        "a time");
  }
  return position;
}

uint64_t RocksDbLog::AddListener(std::function<void(const std::vector<StoredBatch>&)> on_append) {
  return parts_->listeners.Add(std::move(on_append));
}

void RocksDbLog::RemoveListener(uint64_t id) { parts_->listeners.Remove(id); }

absl::StatusOr<std::optional<uint64_t>> RocksDbLog::CountRecords(
    const Position& position, const std::function<bool(std::string_view)>& topic_matches) {
  uint64_t records = 0;
  SLUICE_ASSIGN_OR_RETURN(const Database::Session session, parts_->database->Enter());
  const std::unique_ptr<rocksdb::Iterator> it(session.db()->NewIterator({}, session.index()));
  const std::vector<std::string> names = parts_->topics.NamesFrom(0);
  for (uint32_t id = 0; id < names.size(); ++id) {
    if (parts_->topics.Get(id).appended.last_sequence < position.sequence || !topic_matches(names[id])) continue;
    for (it->Seek(keys::EncodeIndex(id, position.sequence)); it->Valid(); it->Next()) {
      const std::optional<keys::Index> key = keys::DecodeIndex(ToView(it->key()));
      if (!key.has_value() || key->topic != id) break;
      const std::optional<IndexEntry> entry = IndexEntry::Decode(ToView(it->value()));
      if (!entry.has_value()) continue;
      records += entry->records - (key->sequence == position.sequence ? std::min(position.records, entry->records) : 0);
    }
    SLUICE_RETURN_IF_ERROR(FromRocksDb(it->status(), "count records"));
  }
  return records;
}

GroupStore* RocksDbLog::group_store() { return &parts_->groups; }

absl::Status RocksDbLog::Health() { return parts_->writer->Health(); }

void RocksDbLog::Stop() {
  parts_->writer->Stop();
  parts_->maintenance->Stop();
  parts_->database->Flush();
}

void RocksDbLog::ApplyRetention() { parts_->maintenance->RunNow(); }

}  // namespace sluice::collector
