// Notices that the configuration on disk has changed.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "base/directory_watcher.h"
#include "base/file_system.h"
#include "base/waker.h"

namespace sluice::agent {

// A thread of its own, so that a slow disk under the configuration delays no line. Sees files written in place, editors
// that write aside and rename, and symlinks that are swapped; where there is no inotify, and for links that lead far
// away, it looks every few seconds.
class ConfigWatcher {
 public:
  struct Options {
    std::string path;         // of the main file
    std::string fingerprint;  // ConfigFingerprint from before it was read last
    // A change is taken up when nothing moved for `quiet`: an editor may write in several steps.
    absl::Duration quiet = absl::Milliseconds(100);
    absl::Duration settle_max = absl::Seconds(1);
    absl::Duration poll_interval = absl::Seconds(10);
  };

  // `changed` is called by the watcher's thread, one call at a time.
  ConfigWatcher(Options options, FileSystem* file_system, std::function<void()> changed);
  ~ConfigWatcher();

  // Calls `changed` soon, also if nothing has: somebody asked for it. Thread-safe.
  void Trigger();
  // Waits for a call of `changed` that is under way. Idempotent.
  void Stop();

 private:
  void Run();
  void WatchDirectories();
  // True if one of the events may be about the configuration.
  bool ReadEvents();
  void WaitUntilQuiet();

  Options options_;
  FileSystem* const file_system_;
  const std::function<void()> changed_;
  std::unique_ptr<DirectoryWatcher> watcher_;  // null: polling only
  std::vector<WatchEvent> events_;             // Run's
  Waker waker_;
  std::atomic<bool> triggered_ = false;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace sluice::agent
