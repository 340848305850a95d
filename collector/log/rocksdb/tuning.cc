#include "collector/log/rocksdb/tuning.h"

#include "base/rocksdb_log.h"
#include "rocksdb/cache.h"
#include "rocksdb/listener.h"
#include "rocksdb/table.h"

namespace sluice::collector {
namespace {

constexpr size_t kMiB = size_t{1} << 20;

// A batch's bytes wait here until they are written to a table: the larger part of the log's memory.
constexpr size_t kBatchesWriteBufferBytes = 32 * kMiB;
constexpr int kBatchesWriteBuffersMax = 3;
constexpr size_t kSmallWriteBufferBytes = 4 * kMiB;
// The small column families fill slowly and would keep old write-ahead logs for long; at this size they are flushed.
// Also what is read again after a crash.
constexpr uint64_t kWalBytesMax = 128 * kMiB;
constexpr size_t kBlockCacheBytes = 8 * kMiB;
constexpr size_t kBatchesBlockBytes = 16 * 1024;
constexpr int kOpenFilesMax = 512;

rocksdb::ColumnFamilyOptions Common(const std::shared_ptr<rocksdb::Cache>& cache, size_t block_bytes) {
  rocksdb::ColumnFamilyOptions options;
  options.compression = rocksdb::kNoCompression;
  options.write_buffer_size = kSmallWriteBufferBytes;
  options.max_write_buffer_number = 2;
  options.ttl = 0;
  options.periodic_compaction_seconds = 0;
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.block_size = block_bytes;
  table.checksum = rocksdb::kXXH3;
  table.format_version = 5;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

// Keys only ever grow, so tables never overlap: RocksDB moves them from level 0 to level 1 without writing them again,
// and a byte is written twice in all (write-ahead log, table). Nothing is ever deleted by key; see reclaim.h.
rocksdb::ColumnFamilyOptions Batches(const std::shared_ptr<rocksdb::Cache>& cache,
                                     std::shared_ptr<rocksdb::CompactionFilterFactory> filter) {
  rocksdb::ColumnFamilyOptions options = Common(cache, kBatchesBlockBytes);
  options.write_buffer_size = kBatchesWriteBufferBytes;
  options.max_write_buffer_number = kBatchesWriteBuffersMax;
  options.num_levels = 2;
  options.max_bytes_for_level_base = uint64_t{1} << 50;
  options.target_file_size_base = 2 * kBatchesWriteBufferBytes;
  options.level0_file_num_compaction_trigger = 1;
  options.compaction_filter_factory = std::move(filter);
  return options;
}

// After an error RocksDB would try again by itself, and fail for good if the disk is full then; Writer does it.
class NoAutomaticRecovery final : public rocksdb::EventListener {
 public:
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason, rocksdb::Status, bool* auto_recovery) override {
    *auto_recovery = false;
  }
};

}  // namespace

rocksdb::DBOptions MakeDbOptions(const RocksDbOptions& options) {
  rocksdb::DBOptions db;
  if (options.env != nullptr) db.env = options.env;
  db.create_if_missing = true;
  db.create_missing_column_families = true;
  db.max_total_wal_size = kWalBytesMax;
  // One thread writes batches.
  db.allow_concurrent_memtable_write = false;
  db.enable_write_thread_adaptive_yield = false;
  db.max_open_files = kOpenFilesMax;
  db.max_background_jobs = 2;
  db.bytes_per_sync = kMiB;
  db.avoid_unnecessary_blocking_io = true;
  db.info_log = NewRocksDbLog();
  db.listeners.push_back(std::make_shared<NoAutomaticRecovery>());
  db.stats_dump_period_sec = 0;
  db.stats_persist_period_sec = 0;
  return db;
}

std::vector<rocksdb::ColumnFamilyDescriptor> MakeColumnFamilies(
    std::shared_ptr<rocksdb::CompactionFilterFactory> batches_filter) {
  const std::shared_ptr<rocksdb::Cache> cache = rocksdb::NewLRUCache(kBlockCacheBytes, /*num_shard_bits=*/2);
  constexpr size_t kSmallBlockBytes = 4096;
  return {{rocksdb::kDefaultColumnFamilyName, Common(cache, kSmallBlockBytes)},
          {"batches", Batches(cache, std::move(batches_filter))},
          {"index", Common(cache, kSmallBlockBytes)},
          {"watermarks", Common(cache, kSmallBlockBytes)}};
}

}  // namespace sluice::collector
