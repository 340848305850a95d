// FileTracker's part that finds what was rotated out of the sources' sight while the agent was away.
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "agent/tail/file_tracker.h"
#include "agent/tail/rotation_name.h"

namespace sluice::agent {

// Files that got a name that no source includes while the agent was away, before they were read to the end: found in
// the directories where they were, by their inodes, or as archives of what is not there any more.
void FileTracker::FindRotatedAway() {
  absl::flat_hash_map<std::string, std::vector<const v1::FileWatermark*>> directories;
  for (const v1::FileWatermark* known : memory_.All()) {
    if (options_.source_of(known->path()) != nullptr)
      directories[std::string(DirectoryOf(known->path()))].push_back(known);
  }
  for (auto& [directory, gone] : directories) {
    absl::StatusOr<std::vector<DirectoryEntry>> entries = file_system_->List(directory);
    if (!entries.ok()) continue;  // gone, or the scan has said so
    std::vector<std::string> archives;
    for (const DirectoryEntry& entry : *entries) {
      const std::string path = JoinPath(directory, entry.name);
      if (entry.type != FileType::kRegular || table_.FindByPath(path) != nullptr) continue;
      const bool is_aside = options_.source_of(path) == nullptr;  // or it could not be opened, and will be
      if (is_aside && ArchiveFormatOf(path) != ArchiveFormat::kNone) archives.push_back(path);
      absl::StatusOr<FileStat> stat = file_system_->Stat(path, /*follow=*/false);
      const v1::FileWatermark* known = stat.ok() ? memory_.Newest(*stat) : nullptr;
      if (known == nullptr) continue;
      std::erase(gone, known);
      if (stat->size > known->end_offset()) FollowAside(*known, path);
    }
    FindArchived(archives, gone);
  }
}

// Follows the archives that may hold the rest of `known` files.
void FileTracker::FindArchived(const std::vector<std::string>& archives,
                               const std::vector<const v1::FileWatermark*>& known) {
  if (archives.empty()) return;
  absl::flat_hash_map<std::string, const v1::FileWatermark*> unfinished;  // by stem; any one
  for (const v1::FileWatermark* file : known) {
    if (file->finished()) continue;
    const std::string stem = ParseRotationName(BaseNameOf(file->path())).stem;
    if (!unfinished.contains(stem) && IsGone(*file)) unfinished[stem] = file;
  }
  for (const std::string& path : archives) {
    auto found = unfinished.find(ParseRotationName(BaseNameOf(path)).stem);
    if (found != unfinished.end()) FollowAside(*found->second, path);
  }
}

// True if no file that is followed goes on where a known one ended: that one was deleted, or copytruncate emptied it.
bool FileTracker::IsGone(const v1::FileWatermark& known) {
  FileStat inode;
  inode.device = known.file().device();
  inode.inode = known.file().inode();
  inode.birth_unix_nano = known.file().birth_time_unix_nano();
  if (memory_.Newest(inode) != &known) return false;  // it began anew before, when somebody saw it
  TailedFile* file = table_.FindByInode(inode.device, inode.inode);
  if (file == nullptr || file->birth_unix_nano != inode.birth_unix_nano) return true;
  if (!open_files_.EnsureOpen(file).ok()) return false;
  absl::StatusOr<FileStat> stat = file->file->Stat();
  if (!stat.ok()) return false;
  absl::StatusOr<Resumption> resumption = Resume(memory_, *stat, file->file.get());
  return resumption.ok() && !resumption->known;
}

// Follows what has a name that no source includes.
void FileTracker::FollowAside(const v1::FileWatermark& known, const std::string& path) {
  Follow(options_.source_of(known.path()), path, nullptr);
  TailedFile* file = table_.FindByPath(path);
  if (file == nullptr) return;
  file->only_continues = file->is_archive;
  Detach(file);
}

}  // namespace sluice::agent
