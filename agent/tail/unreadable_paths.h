// Files that cannot be opened, and directories that cannot be listed.
#pragma once

#include <cstddef>
#include <string>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "base/file_system.h"

namespace sluice::agent {

// One thread.
class UnreadablePaths {
 public:
  // The names of directories end with a slash.
  const absl::flat_hash_set<std::string>& paths() const { return paths_; }

  // It cannot be opened; said once.
  void Add(const std::string& path, const absl::Status& status);
  // It was opened.
  void Opened(const std::string& path);
  void Listed(const std::string& directory, const absl::Status& status);

  // It is there no more.
  void Vanished(const std::string& path) { paths_.erase(path); }
  void DirectoryVanished(const std::string& directory);
  // Forgets those that are there no more.
  void Check(FileSystem* file_system);

 private:
  absl::flat_hash_set<std::string> paths_;
};

}  // namespace sluice::agent
