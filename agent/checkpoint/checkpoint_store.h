// The state directory: the checkpoint and the agent's instance id.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/file_system.h"
#include "sluice/v1/checkpoint.pb.h"

namespace sluice::agent {

// Files: `checkpoint.0` and `checkpoint.1` (the newest and the one before, in turn), `checkpoint.bad` (the last one
// that could not be read, kept for people), `instance`. A checkpoint is written over the older of the two, in place:
// renaming would make the file system write its journal, and with it everybody's data, once a second; the collector's
// syncs on the same disk would wait for that. One thread at a time.
class CheckpointStore {
 public:
  CheckpointStore(std::string directory, FileSystem* file_system);

  // The newest checkpoint that can be read; an empty one if there is none. What cannot be read is logged and put aside,
  // and the other one taken: the collector knows the rest.
  v1::AgentCheckpoint Load();

  // Atomic and durable: after a crash at any moment Load gives this one or the one before.
  absl::Status Save(v1::AgentCheckpoint checkpoint);

  // The random id that this state directory got when it was first used.
  absl::StatusOr<std::string> InstanceId();

 private:
  absl::StatusOr<v1::AgentCheckpoint> LoadFile(std::string_view name);
  void PutAside(std::string_view name, const absl::Status& reason);
  absl::Status Create(std::string_view name, std::string bytes);
  std::string PathOf(std::string_view name) const { return JoinPath(directory_, name); }

  const std::string directory_;
  FileSystem* const file_system_;
  uint64_t serial_ = 0;  // of the newest checkpoint
  size_t newest_ = 1;    // which of the two holds it
};

}  // namespace sluice::agent
