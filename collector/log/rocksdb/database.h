// The RocksDB database: opened, checked, closed.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "collector/log/rocksdb/options.h"
#include "rocksdb/compaction_filter.h"
#include "rocksdb/db.h"
#include "rocksdb/slice.h"
#include "rocksdb/write_batch.h"

namespace sluice::collector {

inline rocksdb::Slice ToSlice(std::string_view bytes) { return rocksdb::Slice(bytes.data(), bytes.size()); }
inline std::string_view ToView(const rocksdb::Slice& slice) { return std::string_view(slice.data(), slice.size()); }

// RocksDB's word in ours. `what` says what was tried.
absl::Status FromRocksDb(const rocksdb::Status& status, std::string_view what);

// True if the stored data is damaged or gone; false if reading may work the next time.
bool IsDamage(const rocksdb::Status& status);

// Thread-safe.
class Database {
  struct Instance;

 public:
  // The right to use the database: while there is one, it stays open. Short-lived; a thread must not have two.
  class Session {
   public:
    Session(Session&& other) noexcept
        : database_(std::exchange(other.database_, nullptr)), instance_(other.instance_) {}
    Session& operator=(Session&&) = delete;
    ~Session();

    rocksdb::DB* db() const;
    // Synced. One at a time: RocksDB would put a small write together with the writer's large one, and copy it for
    // that.
    rocksdb::Status Write(rocksdb::WriteBatch* batch) const;
    rocksdb::ColumnFamilyHandle* meta() const;
    rocksdb::ColumnFamilyHandle* batches() const;
    rocksdb::ColumnFamilyHandle* index() const;
    rocksdb::ColumnFamilyHandle* watermarks() const;

   private:
    friend class Database;
    Session(const Database* database, const Instance* instance) : database_(database), instance_(instance) {}

    const Database* database_;
    const Instance* instance_;
  };

  // Opens or makes the database in options.data_dir. `filter` is asked by compactions of `batches`.
  static absl::StatusOr<std::unique_ptr<Database>> Open(const RocksDbOptions& options,
                                                        std::shared_ptr<rocksdb::CompactionFilterFactory> filter);
  ~Database();  // Closes

  // Waits while the database is being opened again. Unavailable if that failed.
  absl::StatusOr<Session> Enter() const;

  // After an error RocksDB writes no more; this closes the database, once all sessions are over, and opens it again.
  // `reload` is called before anybody else can enter. Of one thread.
  absl::Status Reopen(const std::function<absl::Status(const Session&)>& reload);

  // Writes to tables what lies only in the write-ahead log, so that the next start need not read it again. Nothing is
  // lost if that fails.
  void Flush() const;

  const std::string& log_id() const { return log_id_; }
  const std::string& directory() const { return directory_; }

 private:
  Database(const RocksDbOptions& options, std::shared_ptr<rocksdb::CompactionFilterFactory> filter);
  absl::StatusOr<std::unique_ptr<Instance>> OpenInstance() const;
  absl::Status CheckOrWriteFormat(const Instance& instance);
  absl::Status Reload(const Instance& instance, const std::function<absl::Status(const Session&)>& reload);

  const RocksDbOptions options_;
  const std::shared_ptr<rocksdb::CompactionFilterFactory> filter_;
  const std::string directory_;
  std::string log_id_;

  mutable Mutex write_mutex_;
  mutable Mutex mutex_;
  mutable CondVar changed_;
  mutable int sessions_ ABSL_GUARDED_BY(mutex_) = 0;
  bool reopening_ ABSL_GUARDED_BY(mutex_) = false;
  std::unique_ptr<Instance> instance_ ABSL_GUARDED_BY(mutex_);
  absl::Status closed_ ABSL_GUARDED_BY(mutex_);  // why there is none
};

}  // namespace sluice::collector
