// Appends what services send by themselves to the log, in the name of this collector.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "collector/direct/direct_record.h"
#include "collector/ingest/ingest_budget.h"
#include "collector/ingest/pending_message.h"
#include "collector/log/event_log.h"
#include "collector/route/router.h"
#include "collector/support/collector_metrics.h"

namespace sluice::collector {

// A record with its topic.
struct TopicRecord {
  std::string topic;
  std::string source;  // of the protocol: "http", "otlp"
  DirectRecord direct;
};

// The records of a topic are a file of an ephemeral agent, made up anew with each start of the collector: they have
// their numbers in the order in which they come. Whoever repeats a request repeats its records. Thread-safe.
class DirectLog {
 public:
  struct Parts {
    EventLog* log = nullptr;
    const Router* router = nullptr;  // null: everything is stored as it comes
    IngestBudget* budget = nullptr;
    CollectorMetrics* metrics = nullptr;
    const Clock* clock = nullptr;
  };
  // Nothing in `parts` is owned; the log is stopped before this goes. An error is the log's.
  static absl::StatusOr<std::unique_ptr<DirectLog>> Open(const Parts& parts);

  // Called once, on a thread of the log or before Append returns: OK when all records are durable. Else some may be
  // stored: ResourceExhausted, Unavailable if the same request may be taken later, InvalidArgument if never.
  using Done = std::function<void(const absl::Status&)>;
  // ResourceExhausted at once if too much is under way, or the disk is full.
  void Append(std::vector<TopicRecord> records, Done done);

  // That the records bear.
  const std::string& agent() const { return agent_; }

 private:
  // A topic's present file.
  struct File {
    uint32_t generation = 0;  // of all files of this collector
    uint64_t next = 0;        // the next record's number
  };

  explicit DirectLog(const Parts& parts);
  absl::StatusOr<std::vector<IngestBatch>> MakeBatches(std::vector<TopicRecord> records)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void LeaveRefusedFiles() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<IngestBatch> MakeBatch(v1::LogBatch* batch) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void OnAppended(const PendingMessage& message, const std::vector<AppendResult>& results, const Done& done);

  const Parts parts_;
  const std::string agent_;
  Mutex mutex_;
  // By topic; as many as there are topics that were not refused.
  absl::flat_hash_map<std::string, File> files_ ABSL_GUARDED_BY(mutex_);
  uint32_t last_generation_ ABSL_GUARDED_BY(mutex_) = 0;

  // The log may answer while it is given something.
  Mutex refused_mutex_ ABSL_ACQUIRED_AFTER(mutex_);
  // Files of which something was refused, by topic and generation.
  std::vector<std::pair<std::string, uint32_t>> refused_ ABSL_GUARDED_BY(refused_mutex_);
};

}  // namespace sluice::collector
