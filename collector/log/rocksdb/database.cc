#include "collector/log/rocksdb/database.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <random>
#include <system_error>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/patience.h"
#include "base/status.h"
#include "base/strings.h"
#include "collector/log/rocksdb/keys.h"
#include "collector/log/rocksdb/tuning.h"

namespace sluice::collector {
namespace {

constexpr int kFormatVersion = 1;
constexpr std::string_view kSubdirectory = "log";

std::string MakeLogId() {
  std::random_device random;
  return absl::StrFormat("%08x%08x", random(), random());
}

// The directory is there, and either empty or a database of RocksDB's.
absl::Status PrepareDirectory(const std::string& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) {
    return FailedPrecondition("data directory ", directory, " cannot be made: ", error.message(),
                              "; choose another with --data-dir");
  }
  if (std::filesystem::exists(directory + "/CURRENT", error)) return absl::OkStatus();
  std::filesystem::directory_iterator entry(directory, error);
  if (error) {
    return FailedPrecondition("data directory ", directory, " cannot be read: ", error.message());
  }
  for (; entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    // What RocksDB leaves behind if it is killed before the database was made.
    const bool ours = name == "LOCK" || name.starts_with("LOG") || name == "IDENTITY" || name.ends_with(".dbtmp") ||
                      name.starts_with("MANIFEST-") || name.ends_with(".log");
    if (!ours) {
      return FailedPrecondition("data directory ", directory, " is not Sluice's: it holds '", name,
                                "' and no database; choose an empty directory");
    }
  }
  return absl::OkStatus();
}

// True if another process has the database.
bool IsLocked(const rocksdb::Status& status) {
  return status.IsIOError() && status.ToString().find("lock") != std::string::npos;
}

absl::Status ExplainOpenError(const rocksdb::Status& status, const std::string& directory) {
  const std::string text = status.ToString();
  if (IsLocked(status)) {
    return FailedPrecondition("data directory ", directory,
                              " is in use by another process: stop that collector, or give this one "
                              "another directory (",
                              text, ")");
  }
  if (status.IsInvalidArgument()) {
    return FailedPrecondition("data directory ", directory,
                              " holds a database that is not Sluice's, or of a newer Sluice: ", text);
  }
  if (status.IsCorruption()) {
    return DataLoss("data directory ", directory, " is damaged: ", text,
                    "; restore it from a copy, or move it away to begin with an empty log (agents "
                    "send again what their files still hold)");
  }
  return FromRocksDb(status, StrCat("data directory ", directory, ": open"));
}

// A database that is there must have our column families and no others: RocksDB would add ours to anybody's.
absl::Status CheckColumnFamilies(const rocksdb::DBOptions& options, const std::string& directory,
                                 const std::vector<rocksdb::ColumnFamilyDescriptor>& ours) {
  std::vector<std::string> names;
  std::error_code error;
  if (!std::filesystem::exists(directory + "/CURRENT", error)) return absl::OkStatus();
  const rocksdb::Status status = rocksdb::DB::ListColumnFamilies(options, directory, &names);
  if (!status.ok()) return ExplainOpenError(status, directory);
  // One alone: the database was being made when the process ended. CheckOrWriteFormat sees whether it is empty.
  for (const std::string& name : names) {
    const bool known = std::any_of(ours.begin(), ours.end(), [&](const auto& cf) { return cf.name == name; });
    if (!known) {
      return FailedPrecondition("data directory ", directory,
                                " holds a database that is not Sluice's, or of a newer Sluice: it has "
                                "a column family '",
                                name, "'");
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status FromRocksDb(const rocksdb::Status& status, std::string_view what) {
  if (status.ok()) return absl::OkStatus();
  const std::string text = StrCat(what, ": ", status.ToString());
  if (status.IsNoSpace()) return ResourceExhausted(text);
  if (status.IsCorruption()) return DataLoss(text);
  return Unavailable(text);
}

bool IsDamage(const rocksdb::Status& status) {
  return status.IsCorruption() || (status.IsIOError() && status.subcode() == rocksdb::Status::kPathNotFound);
}

struct Database::Instance {
  ~Instance() {
    if (db == nullptr) return;
    for (rocksdb::ColumnFamilyHandle* handle : handles) db->DestroyColumnFamilyHandle(handle);
    // It fails after an error that stopped RocksDB, and then says nothing new.
    db->Close().PermitUncheckedError();
  }

  std::unique_ptr<rocksdb::DB> db;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;  // as MakeColumnFamilies names them
};

Database::Session::~Session() {
  if (database_ == nullptr) return;
  MutexLock lock(&database_->mutex_);
  if (--database_->sessions_ == 0) database_->changed_.SignalAll();
}

rocksdb::DB* Database::Session::db() const { return instance_->db.get(); }
rocksdb::Status Database::Session::Write(rocksdb::WriteBatch* batch) const {
  rocksdb::WriteOptions options;
  options.sync = true;
  MutexLock lock(&database_->write_mutex_);
  return instance_->db->Write(options, batch);
}
rocksdb::ColumnFamilyHandle* Database::Session::meta() const { return instance_->handles[0]; }
rocksdb::ColumnFamilyHandle* Database::Session::batches() const { return instance_->handles[1]; }
rocksdb::ColumnFamilyHandle* Database::Session::index() const { return instance_->handles[2]; }
rocksdb::ColumnFamilyHandle* Database::Session::watermarks() const { return instance_->handles[3]; }

Database::Database(const RocksDbOptions& options, std::shared_ptr<rocksdb::CompactionFilterFactory> filter)
    : options_(options), filter_(std::move(filter)), directory_(StrCat(options.data_dir, "/", kSubdirectory)) {}

Database::~Database() = default;

absl::StatusOr<std::unique_ptr<Database>> Database::Open(const RocksDbOptions& options,
                                                         std::shared_ptr<rocksdb::CompactionFilterFactory> filter) {
  auto database = std::unique_ptr<Database>(new Database(options, std::move(filter)));
  SLUICE_ASSIGN_OR_RETURN(std::unique_ptr<Instance> instance, database->OpenInstance());
  SLUICE_RETURN_IF_ERROR(database->CheckOrWriteFormat(*instance));
  MutexLock lock(&database->mutex_);
  database->instance_ = std::move(instance);
  return database;
}

absl::StatusOr<std::unique_ptr<Database::Instance>> Database::OpenInstance() const {
  SLUICE_RETURN_IF_ERROR(PrepareDirectory(directory_));
  const rocksdb::DBOptions db_options = MakeDbOptions(options_);
  const std::vector<rocksdb::ColumnFamilyDescriptor> families = MakeColumnFamilies(filter_);
  SLUICE_RETURN_IF_ERROR(CheckColumnFamilies(db_options, directory_, families));
  auto instance = std::make_unique<Instance>();
  rocksdb::DB* db = nullptr;
  rocksdb::Status status;
  Patience patience;
  do {
    status = rocksdb::DB::Open(db_options, directory_, families, &instance->handles, &db);
  } while (IsLocked(status) && patience.Wait());
  if (!status.ok()) return ExplainOpenError(status, directory_);
  instance->db.reset(db);
  return instance;
}

absl::StatusOr<Database::Session> Database::Enter() const {
  MutexLock lock(&mutex_);
  while (reopening_) changed_.Wait(&mutex_);
  if (instance_ == nullptr) return closed_;
  ++sessions_;
  return Session(this, instance_.get());
}

void Database::Flush() const {
  const absl::StatusOr<Session> session = Enter();
  if (session.ok()) session->db()->Flush({}, session->instance_->handles).PermitUncheckedError();
}

absl::Status Database::Reopen(const std::function<absl::Status(const Session&)>& reload) {
  std::unique_ptr<Instance> old;
  {
    MutexLock lock(&mutex_);
    reopening_ = true;
    while (sessions_ > 0) changed_.Wait(&mutex_);
    old = std::move(instance_);
  }
  old.reset();
  absl::StatusOr<std::unique_ptr<Instance>> opened = OpenInstance();
  if (opened.ok()) {
    const absl::Status reloaded = Reload(**opened, reload);
    if (!reloaded.ok()) opened = reloaded;
  }
  MutexLock lock(&mutex_);
  reopening_ = false;
  changed_.SignalAll();
  if (!opened.ok()) {
    closed_ = Unavailable("the log is closed after an error and cannot be opened: ", MessageOf(opened.status()));
    return closed_;
  }
  instance_ = *std::move(opened);
  return absl::OkStatus();
}

absl::Status Database::Reload(const Instance& instance, const std::function<absl::Status(const Session&)>& reload) {
  {
    MutexLock lock(&mutex_);
    ++sessions_;
  }
  const Session session(this, &instance);
  return reload(session);
}

absl::Status Database::CheckOrWriteFormat(const Instance& instance) {
  rocksdb::DB* const db = instance.db.get();
  rocksdb::ColumnFamilyHandle* const meta = instance.handles[0];
  std::string format;
  rocksdb::Status status = db->Get({}, meta, ToSlice(keys::kFormat), &format);
  if (status.IsNotFound()) {
    const std::unique_ptr<rocksdb::Iterator> first(db->NewIterator({}, meta));
    first->SeekToFirst();
    if (first->Valid()) {
      return FailedPrecondition("data directory ", directory_,
                                " holds a database that is not Sluice's: it names no format; choose "
                                "an empty directory");
    }
    log_id_ = MakeLogId();
    rocksdb::WriteBatch batch;
    batch.Put(meta, ToSlice(keys::kFormat), std::to_string(kFormatVersion));
    batch.Put(meta, ToSlice(keys::kLogId), log_id_);
    rocksdb::WriteOptions sync;
    sync.sync = true;
    return FromRocksDb(db->Write(sync, &batch), StrCat("data directory ", directory_, ": write the format"));
  }
  if (status.ok()) status = db->Get({}, meta, ToSlice(keys::kLogId), &log_id_);
  if (!status.ok()) return ExplainOpenError(status, directory_);
  int version = 0;
  const auto [end, error] = std::from_chars(format.data(), format.data() + format.size(), version);
  if (error != std::errc() || end != format.data() + format.size() || version != kFormatVersion) {
    return FailedPrecondition("data directory ", directory_, " has format '", format, "', this program reads format ",
                              kFormatVersion, ": run the version of Sluice that wrote it, or a newer one");
  }
  return absl::OkStatus();
}

}  // namespace sluice::collector
