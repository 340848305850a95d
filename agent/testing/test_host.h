// An agent's inside on a temporary directory, with a simulated clock and a collector in memory: real files, real
// inotify.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "agent/checkpoint/checkpoint_store.h"
#include "agent/discover/watch_tree.h"
#include "agent/limits/read_limiter.h"
#include "agent/link/buffer_pool.h"
#include "agent/metrics/agent_metrics.h"
#include "agent/reload/source_diff.h"
#include "agent/tail/file_tracker.h"
#include "agent/tail/tailer.h"
#include "agent/testing/fake_collector.h"
#include "agent/testing/faulty_file_system.h"
#include "agent/testing/faulty_watcher.h"
#include "base/clock.h"
#include "base/directory_watcher.h"
#include "base/file_system.h"
#include "prometheus/registry.h"

namespace sluice::agent {

// One thread. Errors of the test's own actions fail the test.
class TestHost {
 public:
  struct Options {
    SourceOptions source;  // root is the temporary directory
    Tailer::Options tailer;
    bool inotify = true;
    size_t watches_max = std::numeric_limits<size_t>::max();
    size_t open_files_max = 1000;
    absl::Duration deleted_keep_open = absl::Hours(24);
    uint64_t deleted_bytes_max = uint64_t{10} << 30;
    absl::Duration close_idle = absl::InfiniteDuration();
    RateLimit limits;  // of all sources together
  };

  TestHost() : TestHost(Options()) {}
  explicit TestHost(Options options);
  ~TestHost();

  // The directory that is watched.
  const std::string& root() const { return root_; }
  std::string Path(std::string_view name) const { return JoinPath(root_, name); }

  // Makes the agent, which is not connected. Nothing of an earlier one is left but what was checkpointed.
  void StartAgent();
  void KillAgent();
  bool running() const { return tailer_ != nullptr; }
  // What a reload does: other sources from now on. Roots that are relative are below root().
  void Reload(std::vector<SourceOptions> sources);
  void SetSourceLimit(const std::string& source, const RateLimit& limit) {
    limiter_.Configure({}, {{source, limit}}, clock_.MonotonicNanos());
  }
  // Keeps the agent's progress, as the agent does, in a state directory. False if it could not be written.
  bool SaveCheckpoint();
  void LoseCheckpoint();

  // Lets the agent work until it has nothing to do at this moment.
  void Work();
  // Works and lets the collector store and acknowledge, until nothing moves.
  void Settle();
  // As Settle, with the time moved on so far that files without a path are finished.
  void SettleAll();

  void Append(std::string_view name, std::string_view bytes);
  void WriteNew(std::string_view name, std::string_view bytes);
  void Rename(std::string_view from, std::string_view to);
  void Truncate(std::string_view name);
  void Delete(std::string_view name);
  void MakeDirectory(std::string_view name);
  void Copy(std::string_view from, std::string_view to);
  void Link(std::string_view from, std::string_view to);
  // Compresses what `from` holds at this moment, with gzip, or as the name ".zst" says.
  void Compress(std::string_view from, std::string_view to);
  std::string Content(std::string_view name) const;
  uint64_t Inode(std::string_view name) const;
  // Waits until files that are made get another time than those made before: it moves by the kernel's tick.
  void NextTick() const;

  // What was told of files since the agent was started.
  const std::vector<FileEvent>& events() const { return events_.events; }
  // "kind path" of each, with the path below the root.
  std::vector<std::string> EventNames() const;

  FaultyFileSystem& files() { return files_; }
  // Of the running agent; null without inotify.
  FaultyWatcher* watcher() { return watcher_.get(); }
  FakeCollector& collector() { return collector_; }
  SimulatedClock& clock() { return clock_; }
  AgentMetrics& metrics() { return *metrics_; }
  FileTracker& tracker() { return *tracker_; }

 private:
  bool IsAnyWaiting() const;

  struct Events final : public FileEvents {
    void OnFileEvent(const FileEvent& event) override { events.push_back(event); }
    std::vector<FileEvent> events;
  };
  SourceList MakeSources(std::vector<SourceOptions> sources) const;

  const Options options_;
  Events events_;
  std::string root_;
  SimulatedClock clock_;
  FakeCollector collector_;
  std::string state_;
  FaultyFileSystem files_{HostFileSystem()};
  std::unique_ptr<CheckpointStore> checkpoints_;

  std::unique_ptr<prometheus::Registry> registry_;
  std::unique_ptr<AgentMetrics> metrics_;
  std::unique_ptr<BufferPool> buffers_;
  std::unique_ptr<FaultyWatcher> watcher_;
  std::unique_ptr<FileTracker> tracker_;
  std::unique_ptr<WatchTree> tree_;
  std::unique_ptr<Tailer> tailer_;
  ReadLimiter limiter_;
  SourceList sources_;
};

}  // namespace sluice::agent
