#include "consumer/monitor/state/state_store.h"

#include <filesystem>
#include <map>
#include <system_error>
#include <utility>

#include "base/patience.h"
#include "base/rocksdb_log.h"
#include "base/status.h"
#include "base/strings.h"
#include "rocksdb/db.h"
#include "rocksdb/table.h"
#include "rocksdb/write_batch.h"

namespace sluice::monitor {
namespace {

constexpr std::string_view kFormatKey = "f";
constexpr std::string_view kFormat = "1";
constexpr std::string_view kStateKey = "m";
constexpr char kEntryKind = 'o';
constexpr char kStageKind = 's';
constexpr size_t kMiB = size_t{1} << 20;

rocksdb::Slice SliceOf(std::string_view bytes) { return {bytes.data(), bytes.size()}; }
std::string_view ViewOf(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

std::string EntryKey(OutboxNumber number) {
  std::string key(1, kEntryKind);
  for (int shift = 56; shift >= 0; shift -= 8) key += static_cast<char>(number >> shift);
  return key;
}

OutboxNumber EntryNumber(std::string_view key) {
  OutboxNumber number = 0;
  for (const char byte : key.substr(1)) number = number << 8 | static_cast<uint8_t>(byte);
  return number;
}

std::string StagePrefix(std::string_view stage) {
  return StrCat(std::string_view(&kStageKind, 1), stage, std::string_view("\0", 1));
}

// True if another process has the database.
bool IsLocked(const rocksdb::Status& status) {
  return status.IsIOError() && status.ToString().find("lock") != std::string::npos;
}

absl::Status FromRocksDb(const rocksdb::Status& status, const std::string& directory, std::string_view what) {
  if (status.ok()) return absl::OkStatus();
  const std::string text = status.ToString();
  if (IsLocked(status)) {
    return FailedPrecondition("state directory ", directory,
                              " is in use by another process: stop that monitor, or give ",
                              "this one another directory (", text, ")");
  }
  if (status.IsCorruption()) {
    return DataLoss(
        "state directory ", directory, " is damaged: ", text,
        "; restore it from a copy, or move it away to begin anew: alerts that are published already are not ",
        "published again");
  }
  const auto code = status.IsNoSpace() ? absl::StatusCode::kResourceExhausted : absl::StatusCode::kUnavailable;
  return MakeStatus(code, "state directory ", directory, ": ", what, ": ", text);
}

// A few megabytes; what is deleted is reclaimed soon.
rocksdb::Options Tuning() {
  rocksdb::Options options;
  options.create_if_missing = true;
  options.compression = rocksdb::kNoCompression;
  options.write_buffer_size = 8 * kMiB;
  options.max_write_buffer_number = 2;
  options.max_total_wal_size = 32 * kMiB;
  options.max_background_jobs = 2;
  options.max_open_files = 64;
  options.info_log = NewRocksDbLog();
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  rocksdb::BlockBasedTableOptions table;
  table.checksum = rocksdb::kXXH3;
  table.format_version = 5;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

absl::Status CheckFormat(rocksdb::DB* database, const std::string& directory) {
  std::string format;
  const rocksdb::Status read = database->Get({}, SliceOf(kFormatKey), &format);
  if (read.ok()) {
    if (format == kFormat) return absl::OkStatus();
    return FailedPrecondition("state directory ", directory, " has format ", format, ", this program knows ", kFormat,
                              ": use the newer program, or another directory");
  }
  if (!read.IsNotFound()) return FromRocksDb(read, directory, "read");
  const std::unique_ptr<rocksdb::Iterator> first(database->NewIterator({}));
  first->SeekToFirst();
  if (first->Valid()) {
    return FailedPrecondition("state directory ", directory, " holds a database that is not a monitor's");
  }
  rocksdb::WriteOptions synced;
  synced.sync = true;
  return FromRocksDb(database->Put(synced, SliceOf(kFormatKey), SliceOf(kFormat)), directory, "write");
}

}  // namespace

struct Commit::Batch {
  rocksdb::WriteBatch writes;
  std::map<std::string, std::unique_ptr<Sink>, std::less<>> sinks;
};

class Commit::Sink final : public StateSink {
 public:
  Sink(std::string_view stage, rocksdb::WriteBatch* writes) : prefix_(StagePrefix(stage)), writes_(writes) {}
  void Put(std::string_view key, std::string_view value) override {
    writes_->Put(StrCat(prefix_, key), SliceOf(value));
  }
  void Delete(std::string_view key) override { writes_->Delete(StrCat(prefix_, key)); }

 private:
  const std::string prefix_;
  rocksdb::WriteBatch* const writes_;
};

Commit::Commit() : batch_(std::make_unique<Batch>()) {}
Commit::~Commit() = default;

void Commit::SetState(const v1::MonitorState& state) {
  batch_->writes.Put(SliceOf(kStateKey), state.SerializeAsString());
}
void Commit::PutEntry(OutboxNumber number, const v1::MonitorOutboxEntry& entry) {
  batch_->writes.Put(EntryKey(number), entry.SerializeAsString());
}
void Commit::DeleteEntry(OutboxNumber number) { batch_->writes.Delete(EntryKey(number)); }
bool Commit::empty() const { return batch_->writes.Count() == 0; }

StateSink* Commit::SinkOf(std::string_view stage) {
  std::unique_ptr<Sink>& sink = batch_->sinks[std::string(stage)];
  if (sink == nullptr) sink = std::make_unique<Sink>(stage, &batch_->writes);
  return sink.get();
}

struct StateStore::Database {
  std::string directory;
  std::unique_ptr<rocksdb::DB> db;

  // The keys that begin with `prefix`, in order.
  absl::Status ForEach(std::string_view prefix, const StateSource::Visitor& visit) const {
    const std::unique_ptr<rocksdb::Iterator> at(db->NewIterator({}));
    for (at->Seek(SliceOf(prefix)); at->Valid() && ViewOf(at->key()).starts_with(prefix); at->Next()) {
      SLUICE_RETURN_IF_ERROR(visit(ViewOf(at->key()), ViewOf(at->value())));
    }
    return FromRocksDb(at->status(), directory, "read");
  }
};

class StateStore::Source final : public StateSource {
 public:
  Source(std::string_view stage, const Database* database) : prefix_(StagePrefix(stage)), database_(database) {}
  absl::Status ForEach(std::string_view prefix, const Visitor& visit) const override {
    return database_->ForEach(StrCat(prefix_, prefix), [&](std::string_view key, std::string_view value) {
      return visit(key.substr(prefix_.size()), value);
    });
  }

 private:
  const std::string prefix_;
  const Database* const database_;
};

StateStore::StateStore(std::unique_ptr<Database> database) : database_(std::move(database)) {}
StateStore::~StateStore() = default;

absl::StatusOr<std::unique_ptr<StateStore>> StateStore::Open(const std::string& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) {
    return FailedPrecondition("state directory ", directory, " cannot be made: ", error.message(),
                              "; choose another with --state-dir");
  }
  rocksdb::DB* db = nullptr;
  rocksdb::Status opened;
  Patience patience;
  do {
    opened = rocksdb::DB::Open(Tuning(), directory, &db);
  } while (IsLocked(opened) && patience.Wait());
  SLUICE_RETURN_IF_ERROR(FromRocksDb(opened, directory, "open"));
  auto database = std::make_unique<Database>();
  database->directory = directory;
  database->db.reset(db);
  SLUICE_RETURN_IF_ERROR(CheckFormat(db, directory));
  return std::unique_ptr<StateStore>(new StateStore(std::move(database)));
}

absl::StatusOr<v1::MonitorState> StateStore::ReadState() const {
  std::string bytes;
  v1::MonitorState state;
  const rocksdb::Status read = database_->db->Get({}, SliceOf(kStateKey), &bytes);
  if (read.IsNotFound()) return state;
  SLUICE_RETURN_IF_ERROR(FromRocksDb(read, database_->directory, "read"));
  if (!state.ParseFromString(bytes)) {
    return DataLoss("state directory ", database_->directory, ": the cursor's entry is damaged");
  }
  return state;
}

absl::Status StateStore::ForEachEntry(const EntryVisitor& visit) const {
  return database_->ForEach(std::string_view(&kEntryKind, 1), [&](std::string_view key, std::string_view value) {
    v1::MonitorOutboxEntry entry;
    if (key.size() != 1 + sizeof(OutboxNumber) || !entry.ParseFromArray(value.data(), static_cast<int>(value.size()))) {
      return DataLoss("state directory ", database_->directory, ": an entry of the outbox is damaged");
    }
    return visit(EntryNumber(key), std::move(entry));
  });
}

std::unique_ptr<StateSource> StateStore::SourceOf(std::string_view stage) const {
  return std::make_unique<Source>(stage, database_.get());
}

absl::Status StateStore::Write(const Commit& commit) {
  rocksdb::WriteOptions synced;
  synced.sync = true;
  return FromRocksDb(database_->db->Write(synced, &commit.batch_->writes), database_->directory, "write");
}

}  // namespace sluice::monitor
