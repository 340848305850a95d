// Finds files: watches the directories below the sources' roots, and looks at all of them now and then.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/time/time.h"
#include "agent/metrics/agent_metrics.h"
#include "agent/source/source.h"
#include "agent/tail/file_listener.h"
#include "base/clock.h"
#include "base/directory_watcher.h"
#include "base/file_system.h"

namespace sluice::agent {

// inotify tells what happens in a directory, one watch a directory, none a file: an idle file costs nothing. What it
// does not tell (changes through another hard link, events that were lost, file systems that have none) a scan of all
// directories finds. Where no watch can be had, or the file system does not tell of what others write (NFS, FUSE, …),
// the directory is looked at every poll_interval of its source instead.
//
// Symbolic links to files are followed, and their targets watched: when a target is renamed or deleted, or the link is
// made anew, it is looked where the link leads now, again and again while that is nowhere. Links to directories are not
// followed below a root, so that no loop can arise. One thread.
class WatchTree {
 public:
  struct Options {
    absl::Duration scan_interval = absl::Seconds(30);
    absl::Duration missing_interval = absl::Seconds(1);  // how often a missing root, or link's target, is looked for
    size_t depth_max = 64;
  };

  // `watcher` may be null: then all directories are polled. Sources whose roots overlap: the first one that includes a
  // file has it.
  WatchTree(Options options, std::vector<std::shared_ptr<const Source>> sources, FileSystem* file_system,
            DirectoryWatcher* watcher, const Clock* clock, FileListener* listener, AgentMetrics* metrics);

  // Tells what happened since; scans when it is time to, first at the first call. When to call again if nothing happens
  // before: monotonic.
  int64_t Work();

  // Other sources from now on; a scan follows at the next Work.
  void SetSources(std::vector<std::shared_ptr<const Source>> sources);
  const std::vector<std::shared_ptr<const Source>>& sources() const { return sources_; }
  // The source that includes a path; null if none does.
  std::shared_ptr<const Source> SourceOf(const std::string& path) const;

 private:
  struct Directory {
    int watch = -1;  // -1: polled
    uint64_t seen_in_scan = 0;
    int64_t poll_nanos = 0;
    int64_t next_poll = 0;               // monotonic
    std::vector<DirectoryEntry> listed;  // by name: what was there at the last poll
  };

  struct LinkedFile {
    int watch = -1;  // -1: none
    uint64_t seen_in_scan = 0;
  };

  void Scan();
  void ScanDirectory(const std::string& path, size_t depth);
  void LookAt(const std::string& path, FileType type, size_t depth);
  void LookAgain(const std::string& path);
  void LookAtLink(const std::shared_ptr<const Source>& source, const std::string& path);
  void WatchLink(const std::string& path, bool wanted);
  void ForgetLink(const std::string& path);
  void ForgetUnseen();
  void LookUntilSteady(const std::string& path, std::vector<DirectoryEntry> entries, size_t depth);
  void Watch(const std::string& path, Directory* directory);
  void Unwatch(const std::string& path, int watch);
  void Forget(const std::string& path);
  void HandleEvents();
  void HandleEvent(const WatchEvent& event);
  void HandleLinkEvent(const WatchEvent& event, const std::vector<std::string>& links);
  WatchMode ModeOf(const std::string& path, Directory* directory) const;
  bool IsTold(const std::string& path);
  void LookForMissing();
  int64_t PollDirectories(int64_t now);
  void SayOnce(const std::string& path, std::string_view problem, const absl::Status& status);
  size_t DepthOf(const std::string& path) const;

  const Options options_;
  std::vector<std::shared_ptr<const Source>> sources_;
  FileSystem* const file_system_;
  DirectoryWatcher* const watcher_;
  const Clock* const clock_;
  FileListener* const listener_;
  AgentMetrics* const metrics_;

  std::map<std::string, Directory> directories_;               // ordered: what is below a directory follows it
  absl::flat_hash_map<int, std::string> watched_;              // watch → directory
  std::map<std::string, LinkedFile> links_;                    // to files, also those that lead nowhere
  std::set<std::string> dangling_;                             // those, which are looked at again soon
  absl::flat_hash_map<int, std::vector<std::string>> linked_;  // watch of a file → the links that lead to it
  absl::flat_hash_set<std::string> said_;
  std::vector<WatchEvent> events_;
  uint64_t scan_ = 0;
  int64_t next_scan_ = 0;
  int64_t next_look_ = 0;  // for roots and targets that are missing
  bool scan_soon_ = true;
  bool watch_anew_ = false;
  bool root_missing_ = false;
};

}  // namespace sluice::agent
