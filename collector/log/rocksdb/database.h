// The RocksDB database: opened, checked, closed.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "collector/log/rocksdb/options.h"
#include "rocksdb/compaction_filter.h"
#include "rocksdb/db.h"
#include "rocksdb/slice.h"

namespace sluice::collector {

inline rocksdb::Slice ToSlice(std::string_view bytes) { return rocksdb::Slice(bytes.data(), bytes.size()); }
inline std::string_view ToView(const rocksdb::Slice& slice) { return std::string_view(slice.data(), slice.size()); }

// RocksDB's word in ours. `what` says what was tried.
absl::Status FromRocksDb(const rocksdb::Status& status, std::string_view what);

// True if the stored data is damaged or gone; false if reading may work the next time.
bool IsDamage(const rocksdb::Status& status);

// Thread-safe but for Close.
class Database {
 public:
  // Opens or makes the database in options.data_dir. `filter` is asked by compactions of `batches`.
  static absl::StatusOr<std::unique_ptr<Database>> Open(const RocksDbOptions& options,
                                                        std::shared_ptr<rocksdb::CompactionFilterFactory> filter);
  ~Database();  // Closes

  rocksdb::DB* db() const { return db_.get(); }
  rocksdb::ColumnFamilyHandle* meta() const { return handles_[0]; }
  rocksdb::ColumnFamilyHandle* batches() const { return handles_[1]; }
  rocksdb::ColumnFamilyHandle* index() const { return handles_[2]; }
  rocksdb::ColumnFamilyHandle* watermarks() const { return handles_[3]; }

  const std::string& log_id() const { return log_id_; }
  const std::string& directory() const { return directory_; }

 private:
  explicit Database(std::string directory) : directory_(std::move(directory)) {}
  absl::Status CheckOrWriteFormat();

  const std::string directory_;
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> handles_;
  std::string log_id_;
};

}  // namespace sluice::collector
