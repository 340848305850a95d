// A message of batches from an agent: read and checked, before anything of it reaches the log.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/shared_bytes.h"
#include "collector/ingest/push_envelope.h"
#include "collector/log/event_log.h"
#include "collector/support/collector_metrics.h"

namespace sluice::collector {

// A batch of a message, validated.
struct IngestBatch {
  uint32_t index = 0;  // its place in the message
  PendingBatch pending;
  std::array<uint32_t, kSeverityRanges> records_by_range{};
};

// The batches of `envelope`, which was parsed from `message`. InvalidArgument that names the batch and what is wrong
// with it; each has to be of `agent`.
absl::StatusOr<std::vector<IngestBatch>> ReadBatches(const PushEnvelope& envelope, const SharedBytes& message,
                                                     std::string_view agent);

}  // namespace sluice::collector
