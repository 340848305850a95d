// Gives back the disk space of batches that the retention took.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "collector/log/rocksdb/database.h"
#include "collector/log/rocksdb/topics.h"
#include "rocksdb/compaction_filter.h"

namespace sluice::collector {

// Which batches are gone, for compactions that were asked for by Reclaimer; RocksDB's own move tables and look at
// nothing. Thread-safe.
class DroppedFilterFactory final : public rocksdb::CompactionFilterFactory {
 public:
  // Of each topic: everything through this sequence.
  using Dropped = std::vector<uint64_t>;

  void Set(std::shared_ptr<const Dropped> dropped);
  std::unique_ptr<rocksdb::CompactionFilter> CreateCompactionFilter(
      const rocksdb::CompactionFilter::Context& context) override;
  const char* Name() const override { return "sluice.DroppedBatches"; }

 private:
  Mutex mutex_;
  std::shared_ptr<const Dropped> dropped_ ABSL_GUARDED_BY(mutex_);
};

// Batches lie in tables in the order of the log. Tables before the oldest batch that is kept are deleted whole. Others
// hold both kept and dropped batches where topics' retention differs: if more than a quarter of what is on disk is
// dropped, those with the most of it are written again without it. Used by one thread.
class Reclaimer {
 public:
  Reclaimer(const TopicTable& topics, DroppedFilterFactory* filter, std::atomic<bool>* stop)
      : topics_(topics), filter_(*filter), stop_(*stop) {}

  // `first_sequence`: nothing before it is kept, durably.
  absl::Status Run(const Database::Session& session, uint64_t first_sequence);

 private:
  struct Table {
    std::string first_key;
    std::string last_key;
    uint64_t last_sequence = 0;
    uint64_t bytes = 0;
    uint64_t live_bytes = 0;
    uint64_t garbage() const { return bytes > live_bytes ? bytes - live_bytes : 0; }
  };

  std::vector<Table> Tables(const Database::Session& session) const;  // in the order of the log
  absl::Status CountLive(const Database::Session& session, std::vector<Table>* tables) const;
  absl::Status RewriteWorst(const Database::Session& session, std::vector<Table> tables);
  bool IsReadable(const Database::Session& session, const Table& table) const;

  const TopicTable& topics_;
  DroppedFilterFactory& filter_;
  std::atomic<bool>& stop_;
  uint64_t garbage_left_ = 0;  // by the last rewriting
};

}  // namespace sluice::collector
