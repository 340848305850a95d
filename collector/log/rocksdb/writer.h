// The one thread that writes: group commit.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "collector/log/event_log.h"
#include "collector/log/listeners.h"
#include "collector/log/rocksdb/commit.h"
#include "collector/log/rocksdb/database.h"
#include "collector/log/rocksdb/options.h"
#include "collector/log/rocksdb/space_guard.h"
#include "collector/log/rocksdb/tail_cache.h"
#include "collector/log/rocksdb/topics.h"
#include "collector/log/rocksdb/watermarks.h"

namespace sluice::collector {

// Takes requests; its thread writes all that wait in one synced write, then publishes them (tail, listeners) and
// answers each. While one write is under way the next requests gather, so that load makes batches by itself and a lone
// request waits for nothing. If a write fails, it is tried again and again with the same requests. Thread-safe.
class Writer {
 public:
  struct Parts {
    Database* database;
    TopicTable* topics;
    WatermarkStore* watermarks;
    TailCache* tail;
    Listeners* listeners;
    const Clock* clock;
  };

  Writer(const RocksDbOptions& options, const Parts& parts);
  ~Writer();

  void Append(std::vector<PendingBatch> batches, EventLog::AppendDone done);
  // Forgets those of the watermarks that are older than `append_unix_nano`, some time later.
  void ForgetWatermarks(std::vector<std::string> keys, int64_t append_unix_nano);
  absl::Status Health() const;
  // Answers everything that was taken so far, writing it if the disk lets it; what comes later is refused.
  void Stop();

 private:
  struct Request {
    std::vector<PendingBatch> batches;
    EventLog::AppendDone done;
    size_t bytes = 0;
    int64_t arrival_nanos = 0;
    bool refused = false;  // came after Stop
  };
  struct Old {
    std::vector<std::string> keys;
    int64_t append_unix_nano = 0;
  };
  using Results = std::vector<std::vector<AppendResult>>;

  void Run();
  // Waits for work and takes it; false if there will be none any more.
  bool Take(std::deque<Request>* requests, Old* old);
  void Answer(std::deque<Request> requests, Results results);
  // Commits until it works or the log stops; then the results are refusals.
  Results Commit(const std::deque<Request>& requests, const Old& old);
  absl::Status TryCommit(const std::deque<Request>& requests, const Old& old, Results* results);
  absl::Status Write(const Database::Session& session);
  void Publish();
  // Opens the database again after an error.
  absl::Status Recover();
  // After a failure. False if the log stops.
  bool Pause(const absl::Status& failure);
  void ReportRecovery();

  const RocksDbOptions options_;
  const Parts parts_;
  const SpaceGuard space_;

  mutable Mutex mutex_;
  CondVar work_;
  CondVar drained_;
  std::deque<Request> queue_ ABSL_GUARDED_BY(mutex_);
  Old old_ ABSL_GUARDED_BY(mutex_);
  bool busy_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;  // refuse what comes
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;    // end the thread
  absl::Status health_ ABSL_GUARDED_BY(mutex_);

  // Of the thread.
  collector::Commit commit_;
  uint64_t next_sequence_;
  int64_t last_append_unix_nano_;
  bool failed_ = false;    // RocksDB stands after an error
  bool refusing_ = false;  // stopped while it could not append

  std::thread thread_;
};

}  // namespace sluice::collector
