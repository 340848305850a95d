// The bytes of a checkpoint file; docs/checkpoint-format.md has them with an example.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "sluice/v1/checkpoint.pb.h"

namespace sluice::agent {

std::string EncodeCheckpoint(const v1::AgentCheckpoint& checkpoint);

// What stands behind the checkpoint in `bytes` is not looked at. DataLoss says what is wrong and where: too short, no
// checkpoint, damaged. FailedPrecondition if a newer version of the agent wrote it.
absl::StatusOr<v1::AgentCheckpoint> DecodeCheckpoint(std::string_view bytes);

}  // namespace sluice::agent
