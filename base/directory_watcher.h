// inotify: learns of changes in directories without looking.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace sluice {

// What happened in a watched directory (or to a watched file).
struct WatchEvent {
  enum class Kind {
    kModified,  // content of `name` changed
    kAppeared,  // `name` was made here or moved to here, or its permissions changed; of a watched file: those, or its
                // number of names
    kVanished,  // `name` was deleted or moved away
    kSelfGone,  // the watched directory or file itself was deleted, moved or unmounted; its watch is over
    kOverflow,  // events were lost: look at everything (watch and name are empty)
  };
  Kind kind = Kind::kModified;
  int watch = -1;
  std::string name;  // empty for events of a watched file itself
  bool is_directory = false;
};

// One thread.
class DirectoryWatcher {
 public:
  virtual ~DirectoryWatcher() = default;
  // Watches a directory, not what is below it. The same directory again gives the same watch. ResourceExhausted, with
  // what to do, if the system's limit of watches is reached; NotFound, PermissionDenied.
  virtual absl::StatusOr<int> WatchDirectory(const std::string& path) = 0;
  // Watches one file, wherever a symlink leads: its content, and whether it stays where it is.
  virtual absl::StatusOr<int> WatchFile(const std::string& path) = 0;
  virtual void Remove(int watch) = 0;
  // Appends what happened since; does not wait.
  virtual absl::Status Read(std::vector<WatchEvent>* events) = 0;
  // Becomes readable when there is something to Read.
  virtual int descriptor() const = 0;
};

// ResourceExhausted, with what to do, if the user has too many inotify instances.
absl::StatusOr<std::unique_ptr<DirectoryWatcher>> NewInotifyWatcher();

}  // namespace sluice
