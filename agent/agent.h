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
#include "agent/limits/cpu_limiter.h"
#include "agent/limits/read_limiter.h"
#include "agent/link/buffer_pool.h"
#include "agent/metrics/agent_metrics.h"
#include "agent/reload/config_watcher.h"
#include "agent/reload/source_diff.h"
#include "agent/ship/shipper.h"
#include "agent/tail/file_tracker.h"
#include "agent/tail/tailer.h"
#include "base/clock.h"
#include "base/http_server.h"
#include "base/lock_file.h"
#include "base/mutex.h"
#include "base/pipe_file.h"
#include "base/waker.h"
#include "prometheus/registry.h"

namespace sluice::agent {

// Create, Start, then Stop, by one thread. The files, the directories and the tailer belong to a thread of its own.
class Agent {
 public:
  // Opens the state directory, and everything else that can fail at the start. Errors say what to do.
  static absl::StatusOr<std::unique_ptr<Agent>> Create(AgentOptions options, const Clock* clock);
  ~Agent();

  // Connects and reads.
  absl::Status Start();
  // Reads the configuration again, soon, whether it has changed or not; without a file there is nothing to read.
  // Thread-safe.
  void Reload();
  // Stops reading, waits a while for what is under way, writes the checkpoint. Idempotent.
  void Stop();

  // Becomes readable when a run that ends by itself (AgentOptions::once) has ended.
  int ended_descriptor() const { return ended_.descriptor(); }
  // How it ended; to be asked after Stop. OK for a run that was stopped before.
  const absl::Status& result() const { return once_result_; }

 private:
  Agent(AgentOptions options, const Clock* clock);

  absl::Status OpenStateDirectory();
  absl::Status StartHttp();
  void CreateStages();
  void CreateEvents();
  // The configured sources, and the agent's own.
  SourceList WithEvents(SourceList sources) const;
  void StartWatchingConfig();
  absl::Status Ready() const;
  void Loop();
  void Pause();
  void Drain();
  int64_t TrimIfQuiet(int64_t now);
  int64_t CheckpointIfDue(int64_t now);
  v1::AgentCheckpoint Checkpoint();

  // agent_status.cc
  int64_t StatusIfDue(int64_t now);
  void SendStatus(int64_t now);
  void SendLastStatus();

  // agent_reload.cc
  void LoadAgain();
  void TakeReload();
  void RejectReload(const absl::Status& status);
  void ApplyReload(AgentOptions wanted);
  void ConfigureLimits();

  // agent_once.cc
  void OpenStandardInput();
  void TendStandardInput();
  int64_t EndIfDone(int64_t now);
  void EndOnce(absl::Status result);
  int64_t ShowProgressIfDue(int64_t now);

  AgentOptions options_;  // what a reload changes of it belongs to the loop
  const Clock* const clock_;
  const std::shared_ptr<prometheus::Registry> registry_;
  AgentMetrics metrics_;
  std::optional<LockFile> lock_;
  CheckpointStore store_;
  Waker waker_;
  Waker ended_;
  BufferPool buffers_;
  ReadLimiter limiter_;
  CpuLimiter cpu_limiter_;

  // Made by CreateStages; used by the loop's thread once it runs.
  v1::Hello hello_;
  std::unique_ptr<DirectoryWatcher> watcher_;
  std::unique_ptr<Shipper> shipper_;
  std::unique_ptr<EventLog> events_;  // null if there are to be none
  std::shared_ptr<const Source> events_source_;
  std::unique_ptr<FileTracker> tracker_;
  std::unique_ptr<WatchTree> tree_;
  std::unique_ptr<Tailer> tailer_;
  std::unique_ptr<CheckpointWriter> checkpoints_;
  std::unique_ptr<HttpServer> http_;
  std::unique_ptr<ConfigWatcher> config_watcher_;  // null: there is no file

  std::atomic<bool> stopping_ = false;
  std::thread thread_;

  // What the configuration's watcher hands over to the loop.
  struct Loaded {
    absl::StatusOr<AgentOptions> options;
    int64_t begun_at;  // monotonic
  };
  Mutex loaded_mutex_;
  std::optional<Loaded> loaded_ ABSL_GUARDED_BY(loaded_mutex_);

  // The loop's.
  int64_t last_checkpoint_ = 0;
  uint64_t records_at_checkpoint_ = 0;
  int64_t trim_at_ = 0;    // monotonic; 0: nothing was done since the last time
  int64_t last_trim_ = 0;  // monotonic
  uint64_t records_at_trim_ = 0;
  int64_t last_status_ = 0;
  uint64_t records_at_status_ = 0;
  bool was_busy_ = false;
  bool was_connected_ = false;
  int64_t last_file_list_ = 0;
  std::string file_list_sent_;  // as it was sent last on this connection
  std::string config_error_;
  std::string restart_said_;
  PipeFile* pipe_ = nullptr;  // owned by the tracker, with its file
  TailedFile* piped_ = nullptr;
  int64_t away_since_ = 0;
  int64_t last_progress_ = 0;
  uint64_t records_at_progress_ = 0;
  bool show_progress_ = false;
  bool once_over_ = false;
  absl::Status once_result_;
};

}  // namespace sluice::agent
