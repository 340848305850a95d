// FileTracker's part that follows a change of the sources, a pipe, and a run to its end.
#include <memory>
#include <string>
#include <vector>

#include "agent/tail/file_tracker.h"
#include "base/log.h"

namespace sluice::agent {
namespace {

bool IsBelow(const std::string& path, const std::string& root) {
  return path.size() > root.size() && path.starts_with(root) && (root.ends_with('/') || path[root.size()] == '/');
}

}  // namespace

TailedFile* FileTracker::FollowStream(const std::shared_ptr<const Source>& source, const std::string& name,
                                      std::unique_ptr<ReadableFile> file, const FileStat& stat) {
  auto followed = std::make_unique<TailedFile>();
  followed->source = source;
  followed->first_path = followed->last_path = name;
  followed->is_stream = followed->stream_open = true;
  followed->parser = source->parsers().NewParser();
  followed->file = std::move(file);
  followed->device = stat.device;
  followed->inode = stat.inode;
  followed->modified_unix_nano = stat.modified_unix_nano;
  followed->identity.set_birth_time_unix_nano(stat.birth_unix_nano);
  followed->last_active = clock_->MonotonicNanos();
  TailedFile* added = table_.Add(std::move(followed));
  open_files_.Added(added);
  met_.push_back(added);
  ResolveMet();
  return added;
}

bool FileTracker::FinishAll() {
  if (!reading_ || !first_scan_done_) return false;
  bool finished = true;
  table_.ForEach([&](TailedFile* file) {
    if (file->read_failed) return;                                            // said, and counted by whoever asks
    if (file->spent || (file->waiting && file->original != nullptr)) return;  // a copy of what is read
    // Compressed files end by themselves; the last record of the others is taken for whole as it is.
    const bool is_cut = file->flush_at != 0 || (file->at_end && !file->is_archive && file->read.offset < file->size);
    const bool is_done = !file->stream_open && file->resolved && file->at_end && !is_cut && file->AllAcked();
    if (is_done) return;
    finished = false;
    if (file->stream_open) return;  // more may come
    if (is_cut && !file->finishing) {
      file->finishing = true;
      file->at_end = false;
    }
    if (!file->at_end) MarkReady(file);
  });
  return finished;
}

void FileTracker::OnSourcesChanged(const absl::flat_hash_set<const Source*>& kept,
                                   const absl::flat_hash_set<const Source*>& fresh) {
  fresh_ = fresh;
  for (const Source* source : fresh) first_looks_.Forget(*source);
  released_.clear();
  table_.ForEach([&](TailedFile* file) {
    if (file->is_stream) return;  // no source of the configuration
    std::shared_ptr<const Source> source = options_.source_of(file->path.empty() ? file->first_path : file->path);
    if (source == nullptr) {
      file->released = true;
      released_.push_back(file);
      return;
    }
    // A file that was moved from one source's directory to another's keeps the first, as long as both are the same.
    const bool stays = source == file->source || (kept.contains(file->source.get()) && kept.contains(source.get()));
    file->released = false;
    if (!stays) Adopt(file, source);
    MarkReady(file);
  });
}

// Where no checkpoint tells, a source was there before if a file of it is known.
void FileTracker::NoteEarlierSources() {
  if (first_looks_.learnt()) return;
  for (const v1::FileWatermark* known : memory_.All()) {
    const std::shared_ptr<const Source> source = options_.source_of(known->path());
    if (source != nullptr) first_looks_.NoteEarlier(*source);
  }
}

// A source's first look is over when it is decided of each file that was found where reading it begins. That may take
// until the collector is reached for the first time.
void FileTracker::AddFirstLooks(v1::AgentCheckpoint* checkpoint) {
  absl::flat_hash_set<const Source*> undecided = fresh_;
  table_.ForEach([&undecided](const TailedFile* file) {
    const bool is_copy = file->waiting && file->original != nullptr;  // it goes on where that one is
    if (!file->present_at_start || file->resolved || file->read_failed || file->only_continues || is_copy) return;
    undecided.insert(file->source.get());
  });
  for (const std::shared_ptr<const Source>& source : options_.sources()) {
    if (reading_ && first_scan_done_ && !undecided.contains(source.get())) first_looks_.NoteOver(*source);
  }
  first_looks_.AddTo(checkpoint, options_.sources());
}

// Goes on where it is: what was sent under the source before it stays there.
void FileTracker::Adopt(TailedFile* file, const std::shared_ptr<const Source>& source) {
  file->source = source;
  if (!IsBelow(file->first_path, source->options().root)) file->first_path = file->path;
  file->parser = source->parsers().NewParser();
  file->recalled = false;
  file->held_until = 0;  // what the collector refused may be right now
  file->shared.clear();
  ready_.Reconsider();
}

void FileTracker::TendReleased() {
  if (released_.empty()) return;
  std::vector<TailedFile*> finished;
  for (TailedFile* file : released_) {
    if (file->AllAcked()) finished.push_back(file);
  }
  for (TailedFile* file : finished) LetGo(file);
}

}  // namespace sluice::agent
