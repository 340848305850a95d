// FileTracker's part for files that cannot be read, and for what is remembered of those that were.
#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "agent/tail/file_tracker.h"
#include "base/log.h"
#include "base/status.h"

namespace sluice::agent {
namespace {

// A file that cannot be read is tried again after this.
constexpr int64_t kReadRetryNanos = 5'000'000'000;

}  // namespace

void FileTracker::ReadFailed(TailedFile* file, const absl::Status& status) {
  if (!file->read_failed) log::Error("tail", "cannot read", {{"path", file->first_path}, {"error", status}});
  file->read_failed = true;
  bool is_lost = absl::IsNotFound(status);
  if (is_lost) {
    uint64_t unread = file->size > file->read.offset ? file->size - file->read.offset : 0;
    if (file->grew_unseen) unread = std::max<uint64_t>(unread, 1);  // how much nobody knows
    file->grew_unseen = false;
    notices_.Lose(*file, file->identity, LossReason::kDeleted, unread, "bytes lost: the file is gone");
    file->size = file->read.offset;
    if (!file->detached) Detach(file);
    file->at_end = true;
    LetOthersPass(file);
    return;
  }
  file->held_until = clock_->MonotonicNanos() + kReadRetryNanos;
  if (file->resolved) MarkReady(file);
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

void FileTracker::Trim() {
  table_.ForEach([](TailedFile* file) { file->shared = std::string(); });
}

void FileTracker::Learn(const v1::AgentCheckpoint& checkpoint) {
  memory_.Learn(checkpoint);
  first_looks_.Learn(checkpoint);
}

void FileTracker::Progress(v1::AgentCheckpoint* checkpoint) {
  table_.ForEach([this](TailedFile* file) {
    if (file->resolved && file->dirty) Remember(*file);
    file->dirty = false;
  });
  has_progress_ = false;
  memory_.AddTo(checkpoint);
  AddFirstLooks(checkpoint);
}

}  // namespace sluice::agent
