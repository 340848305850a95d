// FileTracker's part for files to which nobody writes any more: reads them to their ends, and lets them go.
#include <algorithm>
#include <limits>
#include <string_view>
#include <vector>

#include "agent/tail/file_tracker.h"
#include "agent/tail/rotation_name.h"
#include "base/log.h"

namespace sluice::agent {
namespace {

// How often files without a path are looked at.
constexpr int64_t kDetachedPollNanos = 250'000'000;

}  // namespace

int64_t FileTracker::Tend() {
  ResolveMet();
  TendReleased();
  int64_t now = clock_->MonotonicNanos();
  int64_t next = std::min({TendWaiting(now), TendArchives(now), TendRotated(now)});
  if (detached_.empty()) return next;
  if (reading_) {
    std::vector<TailedFile*> finished;
    for (size_t i = 0; i < detached_.size(); ++i) {
      if (TendOne(detached_[i], now)) finished.push_back(detached_[i]);
    }
    for (TailedFile* file : finished) LetGo(file);
  }
  BoundDeleted(now);
  return detached_.empty() ? next : std::min(next, now + kDetachedPollNanos);
}

// True if the last name of a file without a path is gone.
bool FileTracker::NoteDeleted(TailedFile* file, int64_t now) {
  if (file->deleted || file->file == nullptr) return file->deleted;
  absl::StatusOr<FileStat> stat = file->file->Stat();
  if (!stat.ok() || stat->links > 0) return false;
  file->deleted = true;
  file->deleted_at = now;
  if (file->resolved) notices_.Tell(FileEvent::Kind::kDeleted, *file, file->read.offset);
  return true;
}

// Counts what was not read of a deleted file, which nobody will have open from now on.
void FileTracker::GiveUp(TailedFile* file, std::string_view message) {
  if (!file->resolved) Resolve(file);
  LookAtSize(file);
  notices_.Lose(*file, file->identity, LossReason::kGivenUp, file->size - std::min(file->size, file->read.offset),
                message);
  file->size = file->read.offset;
  open_files_.Close(file);
}

// Gives up deleted files that are held open for too long, or that take too much of the disk, the oldest first.
void FileTracker::BoundDeleted(int64_t now) {
  uint64_t bytes = 0;
  for (TailedFile* file : detached_) {
    if (file->file == nullptr || !NoteDeleted(file, now)) continue;
    if (!file->resolved) LookAtSize(file);
    bytes += file->size;
  }
  for (TailedFile* file : detached_) {  // in the order in which they lost their paths
    if (file->file == nullptr || !file->deleted) continue;
    bool too_long = now - file->deleted_at > absl::ToInt64Nanoseconds(options_.deleted_keep_open);
    if (!too_long && bytes <= options_.deleted_bytes_max) continue;
    bytes -= std::min(bytes, file->size);
    GiveUp(file, "bytes lost: a deleted file was held open for as long as deleted_files allows");
  }
}

void FileTracker::GiveUpDeleted() {
  const int64_t now = clock_->MonotonicNanos();
  table_.ForEach([this, now](TailedFile* file) {
    const bool is_read_elsewhere = file->spent || (file->waiting && file->original != nullptr);
    if (file->is_stream || is_read_elsewhere || file->source->options().internal) return;
    if (NoteDeleted(file, now) && file->file != nullptr)
      GiveUp(file, "bytes lost: the agent stopped before a deleted file was read to its end");
  });
}

// True if the file is finished: quiet for long enough, and all of it acknowledged.
bool FileTracker::TendOne(TailedFile* file, int64_t now) {
  if (!file->resolved) {
    if (file->only_continues && (file->waiting || file->file == nullptr)) return file->file == nullptr;  // for none
    Resolve(file);
    if (!file->resolved) return file->file == nullptr;  // nothing of it was ever read, and nothing can be
  }
  if (file->file == nullptr) {
    if (!file->AllAcked() || file->queued) return false;  // it may have grown since it was closed
    if (!file->deleted && open_files_.FindPath(*file).empty())
      notices_.Tell(FileEvent::Kind::kDeleted, *file, file->read.offset);
    return true;
  }
  absl::StatusOr<FileStat> stat = file->file->Stat();
  if (!stat.ok()) {
    ReadFailed(file, stat.status());
    return false;
  }
  if (file->archive != nullptr) return file->at_end && file->AllAcked() && !file->queued;
  if (file->spent) return true;
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

// Somebody began a line in a rotated file that still has a name. If younger generations hold something, and it does not
// get more for long enough, its newline will never come.
int64_t FileTracker::TendRotated(int64_t now) {
  const std::vector<TailedFile*> rotated = unended_;
  for (TailedFile* file : rotated) {
    const absl::StatusOr<FileStat> stat = open_files_.StatOf(*file);
    const bool is_over = file->detached || file->released || file->spent || file->read.offset >= file->size;
    if (is_over || !stat.ok()) {
      if (!file->detached) file->finishing = false;
      std::erase(unended_, file);
    } else if (stat->size != file->size) {
      file->quiet_since = now;
      file->finishing = false;
      MarkReady(file);
    } else if (now - file->quiet_since >= absl::ToInt64Nanoseconds(options_.quiet_after_move) && !file->finishing &&
               generations_.IsBeforeContent(*file)) {
      file->finishing = true;
      MarkReady(file);
    }
  }
  return unended_.empty() ? std::numeric_limits<int64_t>::max() : now + kDetachedPollNanos;
}

// It was read to its end, where a line may have begun.
void FileTracker::NoteUnended(TailedFile* file) {
  if (file->row == nullptr || file->path.empty() || file->is_archive || file->read.offset >= file->size) return;
  if (ParseRotationName(BaseNameOf(file->path)).age == 0) return;
  if (std::find(unended_.begin(), unended_.end(), file) != unended_.end()) return;
  file->quiet_since = clock_->MonotonicNanos();
  unended_.push_back(file);
}

void FileTracker::LetGo(TailedFile* file) {
  if (file->resolved) Remember(*file, /*finished=*/!file->released);
  std::erase(detached_, file);
  std::erase(released_, file);
  ready_.Remove(file);
  LetOthersPass(file);
  generations_.Forget(file);
  std::erase(waiting_, file);
  std::erase(unfinished_, file);
  std::erase(unended_, file);
  std::erase(met_, file);
  slots_.GiveBack(file);
  for (TailedFile* copy : waiting_) {
    if (copy->last_original != file) continue;
    copy->original = copy->last_original = nullptr;
    copy->ask_again_at = 0;
  }
  open_files_.Close(file);
  if (file->resolved && !file->released) notices_.Tell(FileEvent::Kind::kFinished, *file, file->acked.offset);
  log::Debug("tail", "file finished", {{"path", file->first_path}, {"bytes", file->acked.offset}});
  table_.Drop(file);
}

}  // namespace sluice::agent
