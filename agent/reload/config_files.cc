#include "agent/reload/config_files.h"

#include <algorithm>

#include "base/status.h"
#include "base/strings.h"

namespace sluice::agent {
namespace {

constexpr std::string_view kSuffix = ".yaml";

}  // namespace

std::string ConfigDirectoryOf(const std::string& path) { return JoinPath(DirectoryOf(path), "conf.d"); }

absl::StatusOr<std::vector<std::string>> ConfigFiles(const std::string& path, FileSystem* file_system) {
  std::vector<std::string> files = {path};
  const std::string directory = ConfigDirectoryOf(path);
  absl::StatusOr<std::vector<DirectoryEntry>> entries = file_system->List(directory);
  if (absl::IsNotFound(entries.status())) return files;
  if (!entries.ok()) return entries.status();
  for (const DirectoryEntry& entry : *entries) {
    const bool is_config =
        entry.name.size() > kSuffix.size() && entry.name.ends_with(kSuffix) && !entry.name.starts_with('.');
    if (is_config && entry.type != FileType::kDirectory) files.push_back(JoinPath(directory, entry.name));
  }
  std::sort(files.begin() + 1, files.end());
  return files;
}

std::string ConfigFingerprint(const std::string& path, FileSystem* file_system) {
  absl::StatusOr<std::vector<std::string>> files = ConfigFiles(path, file_system);
  if (!files.ok()) return StrCat(MessageOf(files.status()));
  std::string text;
  for (const std::string& file : *files) {
    absl::StatusOr<FileStat> stat = file_system->Stat(file, /*follow=*/true);
    if (stat.ok()) {
      StrAppend(&text, file, " ", stat->device, " ", stat->inode, " ", stat->size, " ", stat->modified_unix_nano, "\n");
    } else {
      StrAppend(&text, MessageOf(stat.status()), "\n");
    }
  }
  return text;
}

}  // namespace sluice::agent
