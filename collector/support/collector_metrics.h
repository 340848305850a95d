// The collector's metrics, each named once. docs: HELP text of /metrics.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "base/mutex.h"
#include "prometheus/counter.h"
#include "prometheus/family.h"
#include "prometheus/gauge.h"
#include "prometheus/histogram.h"
#include "prometheus/registry.h"

namespace sluice::collector {

// Ranges of severities that are counted apart: not known, trace, debug, info, warn, error, fatal.
inline constexpr size_t kSeverityRanges = 7;
// The range of a severity number; numbers beyond the last range fall into it.
constexpr size_t SeverityRange(uint64_t severity) {
  if (severity == 0) return 0;
  return severity > 24 ? kSeverityRanges - 1 : (severity + 3) / 4;
}

// Thread-safe; what it returns lives as long as the registry.
class CollectorMetrics {
 public:
  // Series of one topic.
  struct Topic {
    std::array<prometheus::Counter*, kSeverityRanges> records;
    prometheus::Counter* bytes;
  };

  // Series of one consumer group.
  struct GroupSeries {
    prometheus::Gauge* lag = nullptr;
    prometheus::Gauge* members = nullptr;
  };

  // `registry` outlives it.
  explicit CollectorMetrics(prometheus::Registry* registry);

  // Bounded: only topics that the log has taken are asked for, and the log bounds these.
  const Topic& OfTopic(std::string_view topic);

  prometheus::Gauge* NewAgentLastSeen(const std::string& agent);
  void RemoveAgentLastSeen(prometheus::Gauge* gauge);

  GroupSeries NewGroup(const std::string& group);
  void RemoveGroup(const GroupSeries& series);

  // `reason`: resource_exhausted, invalid_argument.
  void CountRejectedBatch(std::string_view reason);
  // `code` as gRPC spells it, lower case.
  void CountStreamError(std::string_view code);
  // Of a route; bounded by the configuration.
  void CountDropped(const std::string& route, uint32_t records);
  // `reason`: see collector/log/dead_letter.h.
  void CountDeadLetters(std::string_view reason, uint32_t records);
  // `protocol`: http, otlp; `code`: HTTP's status, gRPC's code.
  void CountDirectRequest(std::string_view protocol, std::string_view code);
  // `reason`: retention, corruption.
  void CountOmitted(std::string_view reason, uint64_t records);

  prometheus::Counter& batches_duplicate;
  prometheus::Histogram& append_seconds;
  prometheus::Gauge& ingest_pending_bytes;
  prometheus::Gauge& agent_streams;
  prometheus::Gauge& publishers;
  prometheus::Gauge& subscribers;
  prometheus::Counter& records_sent;
  prometheus::Counter& bytes_sent;
  prometheus::Gauge& topics;
  prometheus::Gauge& log_bytes;
  prometheus::Gauge& log_healthy;

 private:
  prometheus::Family<prometheus::Counter>& records_;
  prometheus::Family<prometheus::Counter>& bytes_;
  prometheus::Family<prometheus::Gauge>& agent_last_seen_;
  prometheus::Family<prometheus::Counter>& batches_rejected_;
  prometheus::Family<prometheus::Counter>& stream_errors_;
  prometheus::Family<prometheus::Counter>& omitted_;
  prometheus::Family<prometheus::Counter>& direct_requests_;
  prometheus::Family<prometheus::Counter>& dropped_;
  prometheus::Family<prometheus::Counter>& dead_letters_;
  prometheus::Family<prometheus::Gauge>& group_lag_;
  prometheus::Family<prometheus::Gauge>& group_members_;

  Mutex mutex_;
  absl::flat_hash_map<std::string, std::unique_ptr<Topic>> topics_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::collector
