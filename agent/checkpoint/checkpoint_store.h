// The state directory: the checkpoint and the agent's instance id.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/file_system.h"
#include "sluice/v1/checkpoint.pb.h"

namespace sluice::agent {

// Files: `checkpoint`, `checkpoint.prev` (the one before), `checkpoint.bad` (the last one that could not be read, kept
// for people), `instance`. One thread at a time.
class CheckpointStore {
 public:
  CheckpointStore(std::string directory, FileSystem* file_system);

  // The newest checkpoint that can be read; an empty one if there is none. What cannot be read is logged, put aside,
  // and the one before it taken: the collector knows the rest.
  v1::AgentCheckpoint Load();

  // Atomic and durable: after a crash at any moment Load gives this one or the one before.
  absl::Status Save(const v1::AgentCheckpoint& checkpoint);

  // The random id that this state directory got when it was first used.
  absl::StatusOr<std::string> InstanceId();

 private:
  absl::StatusOr<v1::AgentCheckpoint> LoadFile(const std::string& name);
  std::string PathOf(std::string_view name) const { return JoinPath(directory_, name); }

  const std::string directory_;
  FileSystem* const file_system_;
};

}  // namespace sluice::agent
