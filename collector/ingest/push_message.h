// A message of batches from an agent: read and checked, before anything of it reaches the log.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/shared_bytes.h"
#include "collector/ingest/push_envelope.h"
#include "collector/log/event_log.h"
#include "collector/route/router.h"

namespace sluice::collector {

// A batch of a message, validated and routed.
struct IngestBatch {
  uint32_t index = 0;  // its place in the message
  PendingBatch pending;
  SeverityCounts by_severity{};
  RouteCounts routed;

  // What its parts hold in memory beyond the message that it came in.
  size_t parts_bytes() const;
};

// The batches of `envelope`, which was parsed from `message`. InvalidArgument that names the batch and what is wrong
// with it; each has to be of `agent`. Without a `router` all are stored as they are.
absl::StatusOr<std::vector<IngestBatch>> ReadBatches(const PushEnvelope& envelope, const SharedBytes& message,
                                                     std::string_view agent, const Router* router);

}  // namespace sluice::collector
