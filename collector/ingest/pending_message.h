// A message whose batches are on their way into the log.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "collector/ingest/push_message.h"
#include "collector/log/event_log.h"
#include "collector/support/collector_metrics.h"
#include "sluice/v1/ingest_service.pb.h"

namespace sluice::collector {

// Not thread-safe.
struct PendingMessage {
  uint64_t sequence = 0;
  size_t bytes = 0;
  int64_t taken_monotonic_nano = 0;
  std::vector<IngestBatch> appended;  // those that went to the log
  std::vector<v1::Rejection> rejections;

  // `batch` of it was not stored because of `why`.
  void Reject(const IngestBatch& batch, const absl::Status& why, CollectorMetrics* metrics);
};

// Counts what became of `message.appended`; how many records of it were stored.
uint64_t CountResults(const PendingMessage& message, const std::vector<AppendResult>& results,
                      CollectorMetrics* metrics);

}  // namespace sluice::collector
