// FileTracker's part for compressed files: whose turn it is to be decoded, and what is done at their ends.
#include <algorithm>
#include <limits>

#include "agent/tail/file_tracker.h"
#include "base/log.h"

namespace sluice::agent {
namespace {

// Plain bytes that are decoded at a time to get to a place; then it is time for others.
constexpr uint64_t kSkipBytesAtOnce = 16 << 20;
// After that, others get as much time.
constexpr int64_t kSkipPauseNanos = 1'000'000;
constexpr int64_t kUnfinishedPollNanos = 1'000'000'000;

}  // namespace

// True if an archive is decoded up to the place that is known of it.
bool FileTracker::IsComparable(TailedFile* file, const FileStat& stat) {
  if (!slots_.Take(file)) return false;
  const v1::FileWatermark* known = memory_.Newest(stat);
  if (known == nullptr) return true;
  // An error comes again when it is read.
  return file->archive->Reach(known->end_offset(), kSkipBytesAtOnce).value_or(true);
}

// False if an open archive cannot be read at its place yet: it stands in the queue again then.
bool FileTracker::MayDecode(TailedFile* file) {
  absl::StatusOr<bool> reached = slots_.Take(file) ? file->archive->Reach(file->read.offset, kSkipBytesAtOnce) : false;
  if (!reached.ok()) {
    ReadFailed(file, reached.status());
    return false;
  }
  if (!*reached) {
    file->held_until = clock_->MonotonicNanos() + kSkipPauseNanos;
    MarkReady(file);
    return false;
  }
  return true;
}

void FileTracker::ReachedEnd(TailedFile* file) {
  if (file->archive == nullptr) return;
  if (file->archive->end() == ArchiveFile::End::kIncomplete) {
    // Perhaps it is being written.
    if (std::find(unfinished_.begin(), unfinished_.end(), file) == unfinished_.end()) unfinished_.push_back(file);
    return;
  }
  EndArchive(file);
}

// Nothing more will come out of it.
void FileTracker::EndArchive(TailedFile* file) {
  std::erase(unfinished_, file);
  if (file->archive->end() != ArchiveFile::End::kComplete && !file->archive_given_up) {
    file->archive_given_up = true;
    uint64_t undecoded = file->archive->UndecodedBytes().value_or(0);
    log::Warn("tail", "a compressed file is damaged; what is before the damage was read",
              {{"path", file->path}, {"problem", file->archive->problem()}, {"plain_bytes", file->read.offset}});
    // How much is missing of one that ends in the middle nobody knows.
    notices_.Lose(*file, file->identity, LossReason::kCorrupt, std::max<uint64_t>(undecoded, 1),
                  "bytes lost: they cannot be decompressed");
  }
  if (file->read.offset < file->size && !file->finishing) {
    file->finishing = true;  // also its last line, though it has no newline
    file->at_end = false;
    MarkReady(file);
    return;
  }
  slots_.GiveBack(file);
  if (file->AllAcked() && !file->detached) open_files_.Close(file);
}

int64_t FileTracker::TendArchives(int64_t now) {
  if (unfinished_.empty()) return std::numeric_limits<int64_t>::max();
  std::vector<TailedFile*> given_up;
  for (TailedFile* file : unfinished_) {
    if (file->queued || file->file == nullptr) continue;
    absl::StatusOr<FileStat> stat = file->path.empty() ? file->file->Stat() : file_system_->Stat(file->path, true);
    if (!file->path.empty() && stat.ok() && file->DiskChanged(*stat, clock_->MonotonicNanos())) MarkReady(file);
    bool is_quiet = now - file->disk_changed_at > absl::ToInt64Nanoseconds(options_.archive_patience);
    if (is_quiet && !file->queued) given_up.push_back(file);
  }
  for (TailedFile* file : given_up) EndArchive(file);
  return now + kUnfinishedPollNanos;
}

}  // namespace sluice::agent
