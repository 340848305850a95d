// FileTracker's part that opens and closes files, and lets them go.
#include <algorithm>
#include <array>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "agent/tail/file_tracker.h"
#include "base/log.h"
#include "base/status.h"

namespace sluice::agent {
namespace {

// How often files without a path are looked at.
constexpr int64_t kDetachedPollNanos = 250'000'000;
// A file that cannot be read is tried again after this.
constexpr int64_t kReadRetryNanos = 5'000'000'000;
// How far back the beginning of an unfinished line is looked for.
constexpr uint64_t kLastLineBytes = 64 * 1024;

}  // namespace

bool IsInsideLine(ReadableFile* file, uint64_t offset) {
  if (offset == 0) return false;
  char before = '\n';
  absl::StatusOr<size_t> size = file->ReadAt(offset - 1, &before, 1);
  return size.ok() && *size == 1 && before != '\n';
}

uint64_t LastLineBegin(ReadableFile* file, uint64_t size) {
  std::string tail(std::min(size, kLastLineBytes), '\0');
  uint64_t begin = size - tail.size();
  absl::StatusOr<size_t> read = file->ReadAt(begin, tail.data(), tail.size());
  if (!read.ok() || *read != tail.size()) return size;
  size_t newline = tail.rfind('\n');
  if (newline != std::string::npos) return begin + newline + 1;
  return begin == 0 ? 0 : size;
}

absl::Status FileTracker::EnsureOpen(TailedFile* file) {
  if (file->file != nullptr) return absl::OkStatus();
  if (file->path.empty()) return NotFound(file->first_path, ": was deleted while it was closed");
  SLUICE_ASSIGN_OR_RETURN(std::unique_ptr<ReadableFile> opened, file_system_->OpenForRead(file->path));
  SLUICE_ASSIGN_OR_RETURN(FileStat stat, opened->Stat());
  if (stat.device != file->device || stat.inode != file->inode) {
    return NotFound(file->path, ": was replaced by another file while it was closed");
  }
  file->file = std::move(opened);
  ++open_files_;
  if (open_files_ > options_.open_files_max) CloseIdleFiles(file);
  return absl::OkStatus();
}

// Closes the files that were idle for longest, a tenth of all at a time, but not `keep`.
void FileTracker::CloseIdleFiles(const TailedFile* keep) {
  std::vector<TailedFile*> idle = table_.Where([keep](const TailedFile& f) {
    return &f != keep && f.file != nullptr && f.resolved && !f.queued && !f.detached && f.AllAcked() &&
           f.size == f.read.offset;
  });
  std::sort(idle.begin(), idle.end(), [](const auto* a, const auto* b) { return a->last_active < b->last_active; });
  size_t count = std::min(idle.size(), open_files_ / 10 + 1);
  for (size_t i = 0; i < count; ++i) {
    idle[i]->file.reset();
    --open_files_;
  }
}

void FileTracker::ReadFailed(TailedFile* file, const absl::Status& status) {
  if (!file->read_failed) log::Error("tail", "cannot read", {{"path", file->first_path}, {"error", status}});
  file->read_failed = true;
  bool is_lost = absl::IsNotFound(status);
  if (is_lost) {
    uint64_t unread = file->size > file->read.offset ? file->size - file->read.offset : 0;
    if (unread > 0) {
      metrics_->CountLoss(LossReason::kDeleted, unread);
      log::Warn("tail", "bytes lost: the file is gone", {{"path", file->first_path}, {"bytes_lost", unread}});
    }
    file->size = file->read.offset;
    if (!file->detached) Detach(file);
    return;
  }
  file->held_until = clock_->MonotonicNanos() + kReadRetryNanos;
  if (file->resolved) MarkReady(file);
}

void FileTracker::Unreadable(const std::string& path, const absl::Status& status) {
  if (!unreadable_.insert(path).second) return;
  log::Warn("tail", "cannot open; trying again when it changes and at every scan", {{"path", path}, {"error", status}});
}

int64_t FileTracker::TendDetached() {
  if (!reading_ || detached_.empty()) return std::numeric_limits<int64_t>::max();
  int64_t now = clock_->MonotonicNanos();
  std::vector<TailedFile*> finished;
  for (TailedFile* file : detached_) {
    if (TendOne(file, now)) finished.push_back(file);
  }
  for (TailedFile* file : finished) LetGo(file);
  return detached_.empty() ? std::numeric_limits<int64_t>::max() : now + kDetachedPollNanos;
}

// True if the file is finished: quiet for long enough, and all of it acknowledged.
bool FileTracker::TendOne(TailedFile* file, int64_t now) {
  if (!file->resolved) {
    Resolve(file);
    if (!file->resolved) return file->file == nullptr;  // nothing of it was ever read, and nothing can be
  }
  if (file->file == nullptr) return file->AllAcked();
  absl::StatusOr<FileStat> stat = file->file->Stat();
  if (!stat.ok()) {
    ReadFailed(file, stat.status());
    return false;
  }
  if (stat->size != file->size) {
    file->quiet_since = now;
    file->finishing = false;
    MarkReady(file);
    return false;
  }
  absl::Duration grace = stat->links == 0 ? options_.quiet_after_delete : options_.quiet_after_move;
  if (now - file->quiet_since < absl::ToInt64Nanoseconds(grace)) return false;
  if (file->read.offset < file->size) {
    file->finishing = true;  // also its last line, though it has no newline
    MarkReady(file);
    return false;
  }
  return file->AllAcked() && !file->queued;
}

void FileTracker::LetGo(TailedFile* file) {
  if (file->resolved) Remember(*file);
  std::erase(detached_, file);
  std::erase(ready_, file);
  if (file->file != nullptr) --open_files_;
  log::Debug("tail", "file finished", {{"path", file->first_path}, {"bytes", file->acked.offset}});
  table_.Drop(file);
}

void FileTracker::Remember(const TailedFile& file) {
  v1::FileWatermark watermark;
  *watermark.mutable_file() = file.identity;
  watermark.set_end_offset(file.acked.offset);
  watermark.set_path(file.first_path);
  *watermark.mutable_head() = file.head;
  *watermark.mutable_frontier() = file.acked.frontier;
  memory_.Learn(watermark);
}

std::vector<const v1::FileWatermark*> FileTracker::Progress() {
  table_.ForEach([this](TailedFile* file) {
    if (file->resolved && file->dirty) Remember(*file);
    file->dirty = false;
  });
  has_progress_ = false;
  return memory_.All();
}

}  // namespace sluice::agent
