#include "agent/tail/file_tracker.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/status.h"

namespace sluice::agent {

FileTracker::FileTracker(Options options, FileSystem* file_system, const Clock* clock, AgentMetrics* metrics,
                         FileEvents* events)
    : options_(std::move(options)), file_system_(file_system), clock_(clock), metrics_(metrics), events_(events) {}

void FileTracker::OnAppeared(const std::shared_ptr<const Source>& source, const std::string& path) {
  absl::StatusOr<FileStat> stat = file_system_->Stat(path, /*follow=*/true);
  if (!stat.ok()) {
    if (!absl::IsNotFound(stat.status())) Unreadable(path, stat.status());
    return;
  }
  if (stat->type != FileType::kRegular) return;
  TailedFile* known = table_.FindByInode(stat->device, stat->inode);
  // While it is open its inode is not given away; a closed one shows by its birth time if it was.
  bool is_known =
      known != nullptr && (known->file != nullptr || known->identity.birth_time_unix_nano() == stat->birth_unix_nano);
  if (is_known) {
    MetAgain(known, *stat, path);
    return;
  }
  if (known != nullptr) LetGo(known);
  Follow(source, path, table_.FindByPath(path));
}

// A file that is followed already was found under `path`.
void FileTracker::MetAgain(TailedFile* file, const FileStat& stat, const std::string& path) {
  file->seen_in_scan = scan_;
  if (file->path != path) {
    if (!file->path.empty()) {
      absl::StatusOr<FileStat> old = file_system_->Stat(file->path, /*follow=*/true);
      bool is_link = old.ok() && old->device == stat.device && old->inode == stat.inode;
      if (is_link) return;  // a second name of the same file: it is read once
    }
    if (TailedFile* displaced = table_.FindByPath(path); displaced != nullptr) Detach(displaced);
    std::string old_path = file->path.empty() ? file->last_path : file->path;
    file->left_path = old_path;
    table_.MoveTo(file, path);
    std::erase(detached_, file);
    file->detached = false;
    file->deleted = false;
    file->finishing = false;
    if (file->resolved && old_path != path) Tell(FileEvent::Kind::kRenamed, *file, file->read.offset, old_path);
    MarkReady(file);
  }
  if (!file->resolved && reading_) Resolve(file);
  if (file->is_archive ? DiskChanged(file, stat) : stat.size != file->size) MarkReady(file);
}

void FileTracker::Follow(const std::shared_ptr<const Source>& source, const std::string& path, TailedFile* displaced) {
  auto file = std::make_unique<TailedFile>();
  absl::StatusOr<std::unique_ptr<ReadableFile>> opened = Open(file.get(), path);
  absl::StatusOr<FileStat> stat = opened.ok() ? (*opened)->Stat() : opened.status();
  if (!stat.ok()) {
    if (absl::IsOutOfRange(stat.status())) return;  // an archive that somebody begins to write; it will be modified
    bool is_gone = absl::IsNotFound(stat.status()) || absl::IsFailedPrecondition(stat.status());
    if (!is_gone) Unreadable(path, stat.status());
    return;
  }
  if (unreadable_.erase(path) > 0) log::Info("tail", "readable again", {{"path", path}});
  if (table_.FindByInode(stat->device, stat->inode) != nullptr) return;  // renamed meanwhile; its event will come
  if (displaced != nullptr) Detach(displaced);

  file->source = source;
  file->path = path;
  file->first_path = path;
  file->parser = source->parsers().NewParser();
  file->file = *std::move(opened);
  file->device = stat->device;
  file->inode = stat->inode;
  file->modified_unix_nano = stat->modified_unix_nano;
  file->identity.set_birth_time_unix_nano(stat->birth_unix_nano);
  file->size = file->size_when_met = stat->size;
  file->present_at_start = !first_scan_done_ || fresh_.contains(source.get());
  file->seen_in_scan = scan_;
  file->last_active = clock_->MonotonicNanos();
  file->predecessor = displaced != nullptr ? displaced : FindUnfinished(path);
  ++open_files_;
  TailedFile* added = table_.Add(std::move(file));
  if (open_files_ > options_.open_files_max) CloseIdleFiles(added);
  if (!reading_) return;
  OrderAmongSiblings(added);
  Resolve(added);
}

// A file that was renamed away from `path`, and whose last record waits to be whole.
TailedFile* FileTracker::FindUnfinished(const std::string& path) const {
  if (!reading_) return nullptr;
  TailedFile* found = nullptr;
  table_.ForEach([&](TailedFile* file) {
    if (file->flush_at != 0 && file->left_path == path) found = file;
  });
  return found;
}

void FileTracker::OnModified(const std::string& path) {
  TailedFile* file = table_.FindByPath(path);
  if (file == nullptr) {
    // An archive that was too short to be one when it appeared.
    std::shared_ptr<const Source> source =
        ArchiveFormatOf(path) == ArchiveFormat::kNone ? nullptr : options_.source_of(path);
    if (source != nullptr) OnAppeared(source, path);
    return;
  }
  file->last_active = clock_->MonotonicNanos();
  if (!file->resolved) LookAtSize(file);
  if (file->is_archive) {
    absl::StatusOr<FileStat> stat = file_system_->Stat(path, /*follow=*/true);
    if (stat.ok() && !DiskChanged(file, *stat)) return;
  }
  if (file->waiting) file->ask_again_at = 0;
  MarkReady(file);
}

void FileTracker::OnVanished(const std::string& path) {
  unreadable_.erase(path);
  TailedFile* file = table_.FindByPath(path);
  if (file == nullptr) return;
  absl::StatusOr<FileStat> stat = file_system_->Stat(path, /*follow=*/true);
  bool still_there = stat.ok() && stat->device == file->device && stat->inode == file->inode;
  if (!still_there) Detach(file);
}

void FileTracker::OnDirectoryVanished(const std::string& directory) {
  std::string prefix = JoinPath(directory, "");
  for (TailedFile* file : table_.Where([&](const TailedFile& f) { return f.path.starts_with(prefix); })) {
    OnVanished(file->path);
  }
}

void FileTracker::OnScanBegin() { ++scan_; }

void FileTracker::OnScanEnd() {
  first_scan_done_ = true;
  fresh_.clear();
  auto not_seen = [this](const TailedFile& f) { return !f.path.empty() && f.seen_in_scan != scan_; };
  for (TailedFile* file : table_.Where(not_seen)) OnVanished(file->path);
  if (options_.close_idle != absl::InfiniteDuration()) {
    CloseFilesIdleSince(clock_->MonotonicNanos() - absl::ToInt64Nanoseconds(options_.close_idle));
  }
}

void FileTracker::Detach(TailedFile* file) {
  if (!file->path.empty()) file->last_path = file->path;
  table_.LosePath(file);
  if (file->detached) return;
  file->detached = true;
  file->at_end = false;
  ready_.Reconsider();
  file->quiet_since = clock_->MonotonicNanos();
  detached_.push_back(file);
  MarkReady(file);
}

void FileTracker::MarkReady(TailedFile* file) {
  if (file->queued || !file->resolved || file->released) return;
  if (file->spent) {
    // A copy that is shorter than what was delivered; unless somebody goes on writing to it.
    if (file->file != nullptr) LookAtSize(file);
    if (file->size <= file->acked.offset) return;
    file->spent = false;
  }
  ready_.Push(file);
}

TailedFile* FileTracker::PopReady(bool live_only) {
  const int64_t now = clock_->MonotonicNanos();
  auto allowed_at = [this, now](TailedFile* file) { return AllowedAt(file, now); };
  while (TailedFile* file = ready_.Pop(now, live_only, allowed_at)) {
    if (file->released) continue;
    if (absl::Status status = EnsureOpen(file); !status.ok()) {
      ReadFailed(file, status);
      continue;
    }
    if (file->archive == nullptr || MayDecode(file)) return file;
  }
  return nullptr;
}

int64_t FileTracker::AllowedAt(TailedFile* file, int64_t now) {
  if (file->refused) return ReadyQueue::kNever;
  // What waits there to be a whole record comes first, too.
  const TailedFile* const before = file->predecessor;
  if (before != nullptr && before->at_end && before->flush_at == 0) file->predecessor = nullptr;
  // What is held back because it looks like a copy may be so for ever.
  if (file->predecessor != nullptr && file->predecessor->original == nullptr) return ReadyQueue::kNever;
  const int64_t limit =
      options_.limiter != nullptr ? options_.limiter->AllowedAt(file->source->options().name, now) : now;
  return std::max(file->held_until, limit);
}

void FileTracker::WasRead(TailedFile* file, uint64_t bytes, bool at_end, bool waited) {
  ready_.Served(!file->backlog, bytes);
  // Whatever comes after this file may be read now.
  if (at_end && file->flush_at == 0 && (!file->at_end || waited)) ready_.Reconsider();
  file->at_end = at_end;
  file->backlog = !at_end;
  if (!at_end) {
    MarkReady(file);
  } else {
    ReachedEnd(file);
  }
}

void FileTracker::Acknowledge(TailedFile* file, const Mark& end) {
  file->acked = end;
  file->passed = 0;
  MarkDirty(file);
  if (file->is_archive && file->at_end && !file->archive_active && !file->detached && file->AllAcked()) Close(file);
}

void FileTracker::PassDropped(TailedFile* file) {
  bool all_acked = file->acked.offset == file->batched.offset;
  if (!all_acked || file->read.offset == file->batched.offset || file->long_line_dropped) return;
  const uint64_t passed = file->passed + (file->read.offset - file->batched.offset);
  file->batched = file->read;
  Acknowledge(file, file->read);
  file->passed = passed;
}

void FileTracker::MarkDirty(TailedFile* file) {
  file->dirty = true;
  has_progress_ = true;
}

// What waits to be read is not lost from sight meanwhile.
void FileTracker::LookAtSize(TailedFile* file) {
  if (file->file == nullptr) return;
  absl::StatusOr<FileStat> stat = file->file->Stat();
  if (stat.ok()) file->size = std::max(file->size, stat->size);
}

void FileTracker::UpdateGauges() {
  ready_.ForEach([this](TailedFile* file) { LookAtSize(file); });
  const Lag lag = NoteLag(table_, clock_->MonotonicNanos());
  uint64_t files = 0;
  uint64_t open = 0;
  table_.ForEach([&](const TailedFile* file) {
    if (file->source->options().internal) return;
    ++files;
    open += file->file != nullptr ? 1 : 0;
  });
  metrics_->lag_bytes.Set(static_cast<double>(lag.bytes));
  metrics_->lag_seconds.Set(static_cast<double>(lag.nanos) / 1e9);
  metrics_->files.Set(static_cast<double>(files));
  metrics_->files_open.Set(static_cast<double>(open));
  metrics_->paths_unreadable.Set(static_cast<double>(unreadable_.size()));
}

}  // namespace sluice::agent
