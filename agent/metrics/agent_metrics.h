// The agent's metrics, as docs/metrics.md lists them.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"
#include "prometheus/counter.h"
#include "prometheus/family.h"
#include "prometheus/gauge.h"
#include "prometheus/registry.h"

namespace sluice::agent {

// Why bytes will never be delivered.
enum class LossReason {
  kTruncated,  // the file was truncated or rewritten before it was read to its end
  kDeleted,    // the file could not be read any more after it was deleted or moved away
  kGivenUp,    // a deleted file was not held open any longer: deleted_files' bounds
  kCorrupt,    // a compressed file that ends in the middle or is damaged; its compressed bytes
};
std::string_view LossReasonName(LossReason reason);

// Why a record was not sent, as its source is configured.
enum class DropReason {
  kFilter,   // keep and drop
  kSampled,  // sample
};

// Registered once with a registry that outlives it. Thread-safe.
class AgentMetrics {
 public:
  explicit AgentMetrics(prometheus::Registry* registry);

  prometheus::Counter& lines_read;
  prometheus::Counter& bytes_read;
  prometheus::Counter& records_acked;
  prometheus::Counter& lines_not_utf8;
  prometheus::Counter& long_line_parts;
  prometheus::Counter& files_replaced;
  prometheus::Counter& batches_rejected;
  prometheus::Counter& checkpoint_writes;
  prometheus::Counter& checkpoint_failures;
  prometheus::Counter& connections_lost;
  prometheus::Counter& events_dropped;
  prometheus::Counter& collector_behind_bytes;
  prometheus::Gauge& connected;
  prometheus::Gauge& lag_bytes;
  prometheus::Gauge& lag_seconds;
  prometheus::Gauge& files;
  prometheus::Gauge& files_open;
  prometheus::Gauge& bytes_in_flight;
  prometheus::Gauge& paths_unreadable;
  prometheus::Gauge& directories_watched;
  prometheus::Gauge& directories_polled;
  prometheus::Gauge& config_valid;

  // Lines of the source that are not of the format that it names.
  void CountParseErrors(std::string_view source, uint64_t lines);
  void CountReload(bool success);
  void CountLoss(LossReason reason, uint64_t bytes);
  void CountDropped(const std::string& source, DropReason reason, uint64_t records);
  void CountRedactions(const std::string& source, uint64_t count);
  // Bytes lost so far, by reason.
  std::map<std::string, uint64_t> Losses() const;

 private:
  prometheus::Family<prometheus::Counter>& bytes_lost_;
  prometheus::Family<prometheus::Counter>& records_dropped_;
  prometheus::Family<prometheus::Counter>& redactions_;
  prometheus::Counter& reloads_succeeded_;
  prometheus::Counter& reloads_failed_;
  prometheus::Family<prometheus::Counter>& parse_errors_;
  mutable Mutex mutex_;
  std::map<std::string, uint64_t> losses_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::agent
