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
    : options_(std::move(options)),
      file_system_(file_system),
      clock_(clock),
      metrics_(metrics),
      notices_(metrics, events),
      generations_(&table_),
      open_files_(file_system, &table_, options_.open_files_max),
      copies_({.file_system = file_system,
               .clock = clock,
               .table = &table_,
               .memory = &memory_,
               .generations = &generations_,
               .open_files = &open_files_,
               .sent_before = &sent_before_,
               .unreadable = &unreadable_},
              options_.archive_patience) {}

void FileTracker::OnAppeared(const std::shared_ptr<const Source>& source, const std::string& path) {
  absl::StatusOr<FileStat> stat = file_system_->Stat(path, /*follow=*/true);
  if (!stat.ok()) {
    if (!absl::IsNotFound(stat.status())) unreadable_.Add(path, stat.status());
    return;
  }
  if (stat->type != FileType::kRegular) return;
  TailedFile* known = table_.FindByInode(stat->device, stat->inode);
  // While it is open its inode is not given away; a closed one shows by its birth time if it was.
  bool is_known = known != nullptr && (known->file != nullptr || known->birth_unix_nano == stat->birth_unix_nano);
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
  unreadable_.Opened(path);  // what could not be opened had that name before
  if (file->path != path) {
    if (!file->path.empty()) {
      absl::StatusOr<FileStat> old = file_system_->Stat(file->path, /*follow=*/true);
      bool is_link = old.ok() && old->device == stat.device && old->inode == stat.inode;
      if (is_link) return;  // a second name of the same file: it is read once
    }
    if (TailedFile* displaced = table_.FindByPath(path); displaced != nullptr) Detach(displaced);
    if (!file->path.empty()) file->last_path = file->path;
    table_.LosePath(file);
    const std::string old_path = file->last_path;
    const bool is_done = IsReadArchive(*file);
    if (!is_done) FinishFirst(file);
    table_.MoveTo(file, path);
    generations_.Renamed(file);
    std::erase(detached_, file);
    file->detached = false;
    file->only_continues = false;
    file->deleted = false;
    file->finishing = false;
    if (file->resolved && old_path != path)
      notices_.Tell(FileEvent::Kind::kRenamed, *file, file->read.offset, old_path);
    if (!is_done) MarkReady(file);
  }
  const bool is_asked = file->resolved || !reading_ || std::find(met_.begin(), met_.end(), file) != met_.end();
  if (!is_asked) met_.push_back(file);  // it could not be read when it was asked
  if (file->is_archive ? file->DiskChanged(stat, clock_->MonotonicNanos()) : stat.size != file->size) MarkReady(file);
}

void FileTracker::Follow(const std::shared_ptr<const Source>& source, const std::string& path, TailedFile* displaced) {
  auto file = std::make_unique<TailedFile>();
  absl::StatusOr<std::unique_ptr<ReadableFile>> opened = open_files_.Open(file.get(), path);
  absl::StatusOr<FileStat> stat = opened.ok() ? (*opened)->Stat() : opened.status();
  if (!stat.ok()) {
    if (absl::IsOutOfRange(stat.status())) return;  // an archive that somebody begins to write; it will be modified
    bool is_gone = absl::IsNotFound(stat.status()) || absl::IsFailedPrecondition(stat.status());
    if (!is_gone) unreadable_.Add(path, stat.status());
    return;
  }
  unreadable_.Opened(path);
  if (table_.FindByInode(stat->device, stat->inode) != nullptr) return;  // renamed meanwhile; its event will come
  if (displaced != nullptr) Detach(displaced);

  file->source = source;
  file->path = path;
  file->first_path = path;
  file->parser = source->parsers().NewParser();
  file->file = *std::move(opened);
  file->device = stat->device;
  file->inode = stat->inode;
  file->birth_unix_nano = stat->birth_unix_nano;
  file->modified_unix_nano = stat->modified_unix_nano;
  file->identity.set_birth_time_unix_nano(stat->birth_unix_nano);
  file->present_at_start = !first_scan_done_ || fresh_.contains(source.get());
  file->seen_in_scan = scan_;
  file->last_active = clock_->MonotonicNanos();
  LookAnew(file.get());
  file->size_when_met = file->size;
  if (absl::StatusOr<FileStat> disk = file_system_->Stat(path, /*follow=*/true); file->is_archive && disk.ok()) {
    file->DiskChanged(*disk, clock_->MonotonicNanos());
  }
  TailedFile* added = table_.Add(std::move(file));
  open_files_.Added(added);
  generations_.Enter(added);
  met_.push_back(added);
}

// It was renamed, deleted or displaced: what is left in it comes before what is met from now on.
void FileTracker::FinishFirst(TailedFile* file) {
  if (file->spent || file->is_stream) return;
  generations_.Enter(file);
  file->at_end = false;
}

// The first lines of a new generation: whoever writes them is done with the ones before, which may have got some more
// since they were read to their ends. False if they have: those come first. What is written from now on has to wait.
bool FileTracker::IsNext(TailedFile* file) {
  file->read_limit = std::numeric_limits<uint64_t>::max();
  // Of one that was emptied while the agent was away, a copy may have been made since the first look.
  const bool may_be_copied = file->row != nullptr || (file->present_at_start && file->identity.generation() > 0);
  if (file->read.offset > 0 || file->is_archive || !may_be_copied) return true;
  LookAtGrowth(file);  // if it is emptied from now on, the reader will notice
  const absl::StatusOr<FileStat> now = file->file->Stat();
  if (!now.ok()) return true;
  bool is_next = true;
  for (TailedFile* before : generations_.JustBefore(*file)) {
    const absl::StatusOr<FileStat> rest = open_files_.StatOf(*before);
    // Of one that waits to be read again, its size may have been looked at since.
    if (!rest.ok() || (rest->size <= before->size && !before->queued)) continue;
    FinishFirst(before);
    MarkReady(before);
    is_next = false;
  }
  if (now->size > 0) AskCopiesOf(*file);
  if (!is_next || generations_.IsBehind(*file)) {
    MarkReady(file);
    return false;
  }
  file->read_limit = now->size;
  return true;
}

// Younger generations need not wait for it.
void FileTracker::LetOthersPass(TailedFile* file) {
  if (generations_.Leave(file)) ready_.Reconsider();
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
  if (!file->resolved) LookAtGrowth(file);
  if (file->file == nullptr) NoteGrowth(file);
  if (file->is_archive) {
    absl::StatusOr<FileStat> stat = file_system_->Stat(path, /*follow=*/true);
    if (stat.ok() && !file->DiskChanged(*stat, clock_->MonotonicNanos())) return;
  }
  if (file->waiting) file->ask_again_at = 0;
  MarkReady(file);
}

// What a closed file got is known, if it goes before it can be opened again.
void FileTracker::NoteGrowth(TailedFile* file) {
  file->grew_unseen = true;
  const absl::StatusOr<FileStat> stat = open_files_.StatOf(*file);
  if (stat.ok() && !file->is_archive) file->size = std::max(file->size, stat->size);
}

void FileTracker::OnVanished(const std::string& path) {
  unreadable_.Vanished(path);
  TailedFile* file = table_.FindByPath(path);
  if (file == nullptr) return;
  if (!open_files_.StillHasPath(*file)) Detach(file);
}

void FileTracker::OnDirectoryVanished(const std::string& directory) {
  std::string prefix = JoinPath(directory, "");
  for (TailedFile* file : table_.Where([&](const TailedFile& f) { return f.path.starts_with(prefix); })) {
    OnVanished(file->path);
  }
  unreadable_.DirectoryVanished(directory);
}

void FileTracker::OnListed(const std::string& directory, const absl::Status& status) {
  unreadable_.Listed(directory, status);
}

void FileTracker::OnScanBegin() { ++scan_; }

void FileTracker::OnScanEnd() {
  has_progress_ |= !first_scan_done_ || !fresh_.empty();  // a first look more is over
  first_scan_done_ = true;
  fresh_.clear();
  unreadable_.Check(file_system_);
  auto not_seen = [this](const TailedFile& f) { return !f.path.empty() && f.seen_in_scan != scan_; };
  for (TailedFile* file : table_.Where(not_seen)) OnVanished(file->path);
  if (options_.close_idle != absl::InfiniteDuration()) {
    open_files_.CloseIdleSince(clock_->MonotonicNanos() - absl::ToInt64Nanoseconds(options_.close_idle));
  }
}

void FileTracker::Detach(TailedFile* file) {
  if (!file->path.empty()) file->last_path = file->path;
  table_.LosePath(file);
  generations_.Renamed(file);
  if (file->detached) return;
  file->detached = true;
  file->quiet_since = clock_->MonotonicNanos();
  detached_.push_back(file);
  if (IsReadArchive(*file)) return;
  FinishFirst(file);
  ready_.Reconsider();
  MarkReady(file);
}

void FileTracker::MarkReady(TailedFile* file) {
  if (file->queued || !file->resolved || file->released) return;
  if (file->spent) {
    // A copy that is shorter than what was delivered; unless somebody goes on writing to it.
    if (!IsStillCopy(file)) return MeetAnew(file);
    if (file->file != nullptr) LookAtSize(file);
    if (file->size <= file->acked.offset) return;
    file->spent = false;
  }
  ready_.Push(file);
}

TailedFile* FileTracker::PopReady(bool live_only) {
  ResolveMet();
  RestartEmptied();
  if (generations_.HasNewOrder()) ready_.Reconsider();
  const int64_t now = clock_->MonotonicNanos();
  auto allowed_at = [this, now](TailedFile* file) { return AllowedAt(file, now); };
  while (TailedFile* file = ready_.Pop(now, live_only, allowed_at)) {
    if (file->released) continue;
    if (absl::Status status = open_files_.EnsureOpen(file); !status.ok()) {
      ReadFailed(file, status);
      continue;
    }
    const bool may_read = file->archive == nullptr ? IsNext(file) : MayDecode(file);
    if (!may_read) continue;
    if (file->file != nullptr) {
      EnsureShared(file);
      return file;
    }
    MarkReady(file);  // a file that was found beside it needed its descriptor
  }
  return nullptr;
}

int64_t FileTracker::AllowedAt(TailedFile* file, int64_t now) {
  if (file->refused) return ReadyQueue::kNever;
  if (generations_.IsBehind(*file)) {
    slots_.GiveBack(file);  // what is in front may need it
    return ReadyQueue::kNever;
  }
  const int64_t limit =
      options_.limiter != nullptr ? options_.limiter->AllowedAt(file->source->options().name, now) : now;
  return std::max(file->held_until, limit);
}

void FileTracker::WasRead(TailedFile* file, uint64_t bytes, bool at_end) {
  ready_.Served(!file->backlog, bytes);
  file->at_end = at_end;
  file->backlog = !at_end;
  if (!at_end) {
    MarkReady(file);
  } else {
    ReachedEnd(file);
    NoteUnended(file);
  }
  // What was written late, and what waits there to be a whole record, comes before younger generations, too.
  if (file->at_end && file->flush_at == 0) {
    LetOthersPass(file);
  } else if (file->row != nullptr) {
    generations_.Enter(file);
  }
}

void FileTracker::Acknowledge(TailedFile* file, const Mark& end) {
  file->acked = end;
  file->passed = 0;
  MarkDirty(file);
  if (file->is_archive && file->at_end && !file->archive_active && !file->detached && file->AllAcked())
    open_files_.Close(file);
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
  metrics_->paths_unreadable.Set(static_cast<double>(unreadable_.paths().size()));
}

}  // namespace sluice::agent
