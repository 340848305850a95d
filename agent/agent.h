// An agent: everything wired, and the loop that drives it.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "agent/agent_options.h"
#include "agent/checkpoint/checkpoint_store.h"
#include "agent/checkpoint/checkpoint_writer.h"
#include "agent/discover/watch_tree.h"
#include "agent/events/event_log.h"
#include "agent/link/buffer_pool.h"
#include "agent/metrics/agent_metrics.h"
#include "agent/ship/shipper.h"
#include "agent/tail/file_tracker.h"
#include "agent/tail/tailer.h"
#include "base/clock.h"
#include "base/http_server.h"
#include "base/lock_file.h"
#include "base/waker.h"
#include "prometheus/registry.h"

namespace sluice::agent {

// Start, then Stop, by one thread. The files, the directories and the tailer belong to a thread of its own.
class Agent {
 public:
  // Opens the state directory, and everything else that can fail at the start. Errors say what to do.
  static absl::StatusOr<std::unique_ptr<Agent>> Create(AgentOptions options, const Clock* clock);
  ~Agent();

  // Connects and reads.
  absl::Status Start();
  // Stops reading, waits a while for what is under way, writes the checkpoint. Idempotent.
  void Stop();

 private:
  Agent(AgentOptions options, const Clock* clock);

  absl::Status OpenStateDirectory();
  absl::Status StartHttp();
  void CreateStages();
  void CreateEvents(std::vector<std::shared_ptr<const Source>>* sources);
  absl::Status Ready() const;
  void Loop();
  void Drain();
  int64_t CheckpointIfDue(int64_t now);
  int64_t StatusIfDue(int64_t now);
  v1::AgentCheckpoint Checkpoint();
  void SendStatus();

  const AgentOptions options_;
  const Clock* const clock_;
  const std::shared_ptr<prometheus::Registry> registry_;
  AgentMetrics metrics_;
  std::optional<LockFile> lock_;
  CheckpointStore store_;
  Waker waker_;
  BufferPool buffers_;

  // Made by CreateStages; used by the loop's thread once it runs.
  v1::Hello hello_;
  std::unique_ptr<DirectoryWatcher> watcher_;
  std::unique_ptr<Shipper> shipper_;
  std::unique_ptr<EventLog> events_;  // null if there are to be none
  std::unique_ptr<FileTracker> tracker_;
  std::unique_ptr<WatchTree> tree_;
  std::unique_ptr<Tailer> tailer_;
  std::unique_ptr<CheckpointWriter> checkpoints_;
  std::unique_ptr<HttpServer> http_;

  std::atomic<bool> stopping_ = false;
  std::thread thread_;

  // The loop's.
  int64_t last_checkpoint_ = 0;
  uint64_t records_at_checkpoint_ = 0;
  int64_t last_status_ = 0;
  uint64_t records_at_status_ = 0;
};

}  // namespace sluice::agent
