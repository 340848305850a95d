#include "agent/tail/open_files.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/status.h"

namespace sluice::agent {
namespace {

bool IsIdle(const TailedFile& file) {
  return file.file != nullptr && !file.is_stream && file.resolved && !file.queued && !file.detached &&
         file.AllAcked() && file.size == file.read.offset;
}

}  // namespace

OpenFiles::OpenFiles(FileSystem* file_system, FileTable* table, size_t open_max)
    : file_system_(file_system), table_(table), open_max_(open_max) {}

void OpenFiles::Added(const TailedFile* file) {
  ++open_;
  if (open_ > open_max_) CloseSomeIdle(file);
}

absl::StatusOr<std::unique_ptr<ReadableFile>> OpenFiles::Open(TailedFile* file, const std::string& path) {
  file->archive = nullptr;
  SLUICE_ASSIGN_OR_RETURN(std::unique_ptr<ReadableFile> opened, file_system_->OpenForRead(path));
  ArchiveFormat format = ArchiveFormatOf(path);
  if (format == ArchiveFormat::kNone && !file->is_archive) return opened;
  absl::StatusOr<std::unique_ptr<ArchiveFile>> archive = ArchiveFile::Open(format, std::move(opened));
  if (absl::IsFailedPrecondition(archive.status()) && !file->is_archive) {
    return file_system_->OpenForRead(path);  // its name says so, its content does not
  }
  SLUICE_RETURN_IF_ERROR(archive.status());
  file->is_archive = true;
  file->archive = archive->get();
  return *std::move(archive);
}

absl::Status OpenFiles::EnsureOpen(TailedFile* file) {
  if (file->file != nullptr) return absl::OkStatus();
  // It may have been renamed to a name that no source includes.
  const std::string path = file->path.empty() ? FindPath(*file) : file->path;
  if (path.empty()) return NotFound(file->first_path, ": was deleted while it was closed");
  SLUICE_ASSIGN_OR_RETURN(std::unique_ptr<ReadableFile> opened, Open(file, path));
  SLUICE_ASSIGN_OR_RETURN(FileStat stat, opened->Stat());
  if (stat.device != file->device || stat.inode != file->inode) {
    file->archive = nullptr;
    return NotFound(path, ": was replaced by another file while it was closed");
  }
  file->file = std::move(opened);
  file->grew_unseen = false;
  ++open_;
  if (open_ > open_max_) CloseSomeIdle(file);
  return absl::OkStatus();
}

bool OpenFiles::StillHasPath(const TailedFile& file) const {
  const absl::StatusOr<FileStat> stat = file_system_->Stat(file.path, /*follow=*/true);
  return stat.ok() && stat->device == file.device && stat->inode == file.inode;
}

absl::StatusOr<FileStat> OpenFiles::StatOf(const TailedFile& file) const {
  if (file.file != nullptr) return file.file->Stat();
  if (file.path.empty()) return NotFound(file.first_path, ": was deleted while it was closed");
  SLUICE_ASSIGN_OR_RETURN(FileStat stat, file_system_->Stat(file.path, /*follow=*/true));
  if (stat.device == file.device && stat.inode == file.inode) return stat;
  return NotFound(file.path, ": was replaced by another file while it was closed");
}

std::string OpenFiles::FindPath(const TailedFile& file) const {
  const uint64_t birth = file.birth_unix_nano;
  if (birth == 0) return "";
  const std::string directory(DirectoryOf(file.first_path));
  absl::StatusOr<std::vector<DirectoryEntry>> entries = file_system_->List(directory);
  if (!entries.ok()) return "";
  for (const DirectoryEntry& entry : *entries) {
    std::string path = JoinPath(directory, entry.name);
    absl::StatusOr<FileStat> stat = file_system_->Stat(path, /*follow=*/false);
    if (stat.ok() && stat->device == file.device && stat->inode == file.inode && stat->birth_unix_nano == birth) {
      return path;
    }
  }
  return "";
}

void OpenFiles::CloseIdleSince(int64_t moment) {
  table_->ForEach([this, moment](TailedFile* file) {
    if (file->last_active <= moment && IsIdle(*file)) Close(file);
  });
}

// Closes the files that were idle for longest, a tenth of all at a time, but not `keep`.
void OpenFiles::CloseSomeIdle(const TailedFile* keep) {
  std::vector<TailedFile*> idle = table_->Where([keep](const TailedFile& f) { return &f != keep && IsIdle(f); });
  std::sort(idle.begin(), idle.end(), [](const auto* a, const auto* b) { return a->last_active < b->last_active; });
  size_t count = std::min(idle.size(), open_ / 10 + 1);
  for (size_t i = 0; i < count; ++i) {
    Close(idle[i]);
  }
}

void OpenFiles::Close(TailedFile* file) {
  if (file->file == nullptr) return;
  file->file.reset();
  file->archive = nullptr;
  --open_;
}

}  // namespace sluice::agent
