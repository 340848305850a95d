// Writes checkpoints on a thread of its own, so that no sync holds up the tailer.
#pragma once

#include <optional>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "agent/checkpoint/checkpoint_store.h"
#include "agent/metrics/agent_metrics.h"
#include "base/mutex.h"

namespace sluice::agent {

// Thread-safe.
class CheckpointWriter {
 public:
  CheckpointWriter(CheckpointStore* store, AgentMetrics* metrics);
  ~CheckpointWriter();  // Stop

  // Writes it soon. If one still waits, the newer one takes its place.
  void Write(v1::AgentCheckpoint checkpoint);
  // True if none waits and none is being written.
  bool Idle() const;
  // Writes what waits, and ends the thread. Idempotent.
  void Stop();

 private:
  void Run();

  CheckpointStore* const store_;  // used by the thread only
  AgentMetrics* const metrics_;
  mutable Mutex mutex_;
  CondVar changed_;
  std::optional<v1::AgentCheckpoint> waiting_ ABSL_GUARDED_BY(mutex_);
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace sluice::agent
