// FileTracker's part that opens and closes files, counts what is lost, and remembers what was delivered.
#include <algorithm>
#include <array>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/tail/file_tracker.h"
#include "base/log.h"
#include "base/status.h"

namespace sluice::agent {
namespace {

// A file that cannot be read is tried again after this.
constexpr int64_t kReadRetryNanos = 5'000'000'000;
// How far back the beginning of an unfinished line is looked for.
constexpr uint64_t kLastLineBytes = 64 * 1024;

}  // namespace

uint64_t LastLineBegin(ReadableFile* file, uint64_t size) {
  std::string tail(std::min(size, kLastLineBytes), '\0');
  uint64_t begin = size - tail.size();
  absl::StatusOr<size_t> read = file->ReadAt(begin, tail.data(), tail.size());
  if (!read.ok() || *read != tail.size()) return size;
  size_t newline = tail.rfind('\n');
  if (newline != std::string::npos) return begin + newline + 1;
  return begin == 0 ? 0 : size;
}

// As what it holds, if it is compressed.
absl::StatusOr<std::unique_ptr<ReadableFile>> FileTracker::Open(TailedFile* file, const std::string& path) {
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

absl::Status FileTracker::EnsureOpen(TailedFile* file) {
  if (file->file != nullptr) return absl::OkStatus();
  // It may have been renamed to a name that no source includes.
  const std::string path = file->path.empty() ? FindByInode(*file) : file->path;
  if (path.empty()) return NotFound(file->first_path, ": was deleted while it was closed");
  SLUICE_ASSIGN_OR_RETURN(std::unique_ptr<ReadableFile> opened, Open(file, path));
  SLUICE_ASSIGN_OR_RETURN(FileStat stat, opened->Stat());
  if (stat.device != file->device || stat.inode != file->inode) {
    file->archive = nullptr;
    return NotFound(path, ": was replaced by another file while it was closed");
  }
  file->file = std::move(opened);
  file->grew_unseen = false;
  ++open_files_;
  if (open_files_ > options_.open_files_max) CloseIdleFiles(file);
  return absl::OkStatus();
}

bool FileTracker::StillHasPath(const TailedFile& file) const {
  const absl::StatusOr<FileStat> stat = file_system_->Stat(file.path, /*follow=*/true);
  return stat.ok() && stat->device == file.device && stat->inode == file.inode;
}

// Of the file itself, also if it is closed.
absl::StatusOr<FileStat> FileTracker::StatOf(const TailedFile& file) const {
  if (file.file != nullptr) return file.file->Stat();
  if (file.path.empty()) return NotFound(file.first_path, ": was deleted while it was closed");
  SLUICE_ASSIGN_OR_RETURN(FileStat stat, file_system_->Stat(file.path, /*follow=*/true));
  if (stat.device == file.device && stat.inode == file.inode) return stat;
  return NotFound(file.path, ": was replaced by another file while it was closed");
}

// Looks for it in the directory in which it was met. A closed file's inode may be another's by now: without a birth
// time it is not known again.
std::string FileTracker::FindByInode(const TailedFile& file) {
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

bool FileTracker::IsIdle(const TailedFile& file) {
  return file.file != nullptr && !file.is_stream && file.resolved && !file.queued && !file.detached &&
         file.AllAcked() && file.size == file.read.offset;
}

// Nothing more comes out of it, whatever it is called.
bool FileTracker::IsReadArchive(const TailedFile& file) {
  return file.is_archive && file.file == nullptr && file.resolved && file.at_end && file.AllAcked();
}

void FileTracker::CloseFilesIdleSince(int64_t moment) {
  table_.ForEach([this, moment](TailedFile* file) {
    if (file->last_active <= moment && IsIdle(*file)) Close(file);
  });
}

// Closes the files that were idle for longest, a tenth of all at a time, but not `keep`.
void FileTracker::CloseIdleFiles(const TailedFile* keep) {
  std::vector<TailedFile*> idle = table_.Where([keep](const TailedFile& f) { return &f != keep && IsIdle(f); });
  std::sort(idle.begin(), idle.end(), [](const auto* a, const auto* b) { return a->last_active < b->last_active; });
  size_t count = std::min(idle.size(), open_files_ / 10 + 1);
  for (size_t i = 0; i < count; ++i) {
    Close(idle[i]);
  }
}

void FileTracker::Close(TailedFile* file) {
  if (file->file == nullptr) return;
  file->file.reset();
  file->archive = nullptr;
  --open_files_;
}

void FileTracker::ReadFailed(TailedFile* file, const absl::Status& status) {
  if (!file->read_failed) log::Error("tail", "cannot read", {{"path", file->first_path}, {"error", status}});
  file->read_failed = true;
  bool is_lost = absl::IsNotFound(status);
  if (is_lost) {
    uint64_t unread = file->size > file->read.offset ? file->size - file->read.offset : 0;
    if (file->grew_unseen) unread = std::max<uint64_t>(unread, 1);  // how much nobody knows
    file->grew_unseen = false;
    Lose(*file, file->identity, LossReason::kDeleted, unread, "bytes lost: the file is gone");
    file->size = file->read.offset;
    if (!file->detached) Detach(file);
    file->at_end = true;
    LetOthersPass(file);
    return;
  }
  file->held_until = clock_->MonotonicNanos() + kReadRetryNanos;
  if (file->resolved) MarkReady(file);
}

void FileTracker::Readable(const std::string& path) {
  if (unreadable_.erase(path) > 0) log::Info("tail", "readable again", {{"path", path}});
}

void FileTracker::Unreadable(const std::string& path, const absl::Status& status) {
  if (!unreadable_.insert(path).second) return;
  log::Warn("tail", "cannot open; trying again when it changes and at every scan", {{"path", path}, {"error", status}});
}

void FileTracker::Lose(const TailedFile& file, const v1::FileIdentity& identity, LossReason reason, uint64_t bytes,
                       std::string_view message) {
  if (bytes == 0) return;
  metrics_->CountLoss(reason, bytes);
  if (!message.empty()) {
    log::Warn("tail", message, {{"path", file.first_path}, {"reason", LossReasonName(reason)}, {"bytes_lost", bytes}});
  }
  if (events_ == nullptr || file.source->options().internal) return;
  FileEvent event;
  event.kind = FileEvent::Kind::kGap;
  event.path = file.first_path;
  event.source = file.source->options().name;
  event.reason = LossReasonName(reason);
  event.file = identity;
  event.bytes = bytes;
  events_->OnFileEvent(event);
}

void FileTracker::Tell(FileEvent::Kind kind, const TailedFile& file, uint64_t bytes, std::string old_path) {
  if (events_ == nullptr || file.source->options().internal) return;
  FileEvent event;
  event.kind = kind;
  event.path = PathOf(file);
  event.old_path = std::move(old_path);
  event.source = file.source->options().name;
  event.file = file.identity;
  event.bytes = bytes;
  events_->OnFileEvent(event);
}

void FileTracker::Remember(const TailedFile& file, bool finished) {
  v1::FileWatermark watermark;
  watermark.set_finished(finished);
  *watermark.mutable_file() = file.identity;
  watermark.set_end_offset(file.acked.offset);
  watermark.set_dropped_bytes(file.passed);
  watermark.set_path(file.first_path);
  *watermark.mutable_head() = file.head;
  *watermark.mutable_frontier() = file.acked.frontier;
  memory_.Learn(watermark);
}

void FileTracker::Progress(v1::AgentCheckpoint* checkpoint) {
  table_.ForEach([this](TailedFile* file) {
    if (file->resolved && file->dirty) Remember(*file);
    file->dirty = false;
  });
  has_progress_ = false;
  memory_.AddTo(checkpoint);
}

}  // namespace sluice::agent
