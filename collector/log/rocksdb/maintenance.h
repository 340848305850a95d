// The thread that applies the retention.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "collector/log/rocksdb/database.h"
#include "collector/log/rocksdb/options.h"
#include "collector/log/rocksdb/reclaim.h"
#include "collector/log/rocksdb/retention.h"
#include "collector/log/rocksdb/tail_cache.h"
#include "collector/log/rocksdb/topics.h"
#include "collector/log/rocksdb/watermarks.h"
#include "collector/log/rocksdb/writer.h"

namespace sluice::collector {

// Thread-safe.
class Maintenance {
 public:
  struct Parts {
    const Database* database;
    TopicTable* topics;
    const WatermarkStore* watermarks;
    const TailCache* tail;
    Writer* writer;
    DroppedFilterFactory* filter;
    const Clock* clock;
  };

  Maintenance(const RocksDbOptions& options, const Parts& parts);
  ~Maintenance();  // Stops

  // One whole pass, begun after the call; returns when it is done.
  void RunNow();
  void Stop();

 private:
  void Run();
  void Pass(bool forced);
  absl::Status ApplyRetention(int64_t now_unix_nano, bool forced);
  absl::Status ForgetWatermarks(int64_t now_unix_nano, bool forced);
  // A word for the log, if it is another one than the last time.
  void Report(const absl::Status& status);

  const RocksDbOptions options_;
  const Parts parts_;
  std::atomic<bool> stop_{false};

  Mutex mutex_;
  CondVar wake_;
  CondVar done_;
  uint64_t passes_wanted_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t passes_done_ ABSL_GUARDED_BY(mutex_) = 0;

  // Of the thread.
  RetentionPass retention_;
  Reclaimer reclaimer_;
  uint64_t passes_since_reclaim_ = 0;
  int64_t watermarks_looked_at_unix_nano_ = 0;
  std::string last_report_;

  std::thread thread_;
};

}  // namespace sluice::collector
