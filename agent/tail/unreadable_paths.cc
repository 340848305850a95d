#include "agent/tail/unreadable_paths.h"

#include "base/log.h"

namespace sluice::agent {

void UnreadablePaths::Add(const std::string& path, const absl::Status& status) {
  if (!paths_.insert(path).second) return;
  log::Warn("tail", "cannot open; trying again when it changes and at every scan", {{"path", path}, {"error", status}});
}

void UnreadablePaths::Opened(const std::string& path) {
  if (paths_.erase(path) > 0) log::Info("tail", "readable again", {{"path", path}});
}

void UnreadablePaths::Listed(const std::string& directory, const absl::Status& status) {
  if (!status.ok()) {
    paths_.insert(JoinPath(directory, ""));
  } else if (!paths_.empty()) {
    paths_.erase(JoinPath(directory, ""));
  }
}

void UnreadablePaths::DirectoryVanished(const std::string& directory) {
  const std::string prefix = JoinPath(directory, "");
  absl::erase_if(paths_, [&](const std::string& path) { return path.starts_with(prefix); });
}

void UnreadablePaths::Check(FileSystem* file_system) {
  absl::erase_if(paths_, [&](const std::string& path) {
    return absl::IsNotFound(file_system->Stat(path, /*follow=*/true).status());
  });
}

}  // namespace sluice::agent
