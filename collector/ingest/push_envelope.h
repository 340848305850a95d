// A PushRequest as it came over the wire, its batches left as bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace sluice::collector {

// A message with more is malformed: each batch costs us more than its bytes.
inline constexpr size_t kBatchesPerMessageMax = 16'384;

// The views point into the message.
struct PushEnvelope {
  std::optional<std::string_view> hello;   // a Hello, encoded
  std::optional<std::string_view> status;  // an AgentStatus, encoded
  uint64_t sequence = 0;
  std::vector<std::string_view> batches;  // LogBatches, encoded; not looked into
};

// InvalidArgument with the byte and the field where the message is malformed, or has `hello` or `status` twice, or too
// many batches. Unknown fields are passed over.
absl::StatusOr<PushEnvelope> ParsePushEnvelope(std::string_view message);

}  // namespace sluice::collector
