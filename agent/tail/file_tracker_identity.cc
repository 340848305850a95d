// FileTracker's part that decides who a file is, and where reading it begins.
#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "agent/encode/shared_fields.h"
#include "agent/tail/file_tracker.h"
#include "base/log.h"
#include "base/text.h"

namespace sluice::agent {
namespace {

// A file that was silent for as long as this may be forgotten by a collector that lost nothing.
constexpr int64_t kForgottenNanos = int64_t{30} * 24 * 3600 * 1'000'000'000;
// A file with more than this to read when it is met is no live one.
constexpr uint64_t kBacklogBytes = 256 * 1024;

// How far back the beginning of an unfinished line is looked for.
constexpr uint64_t kLastLineBytes = 64 * 1024;

// Where the last unfinished line of a file of this size begins, if that is near its end; else `size`.
uint64_t LastLineBegin(ReadableFile* file, uint64_t size) {
  std::string tail(std::min(size, kLastLineBytes), '\0');
  uint64_t begin = size - tail.size();
  absl::StatusOr<size_t> read = file->ReadAt(begin, tail.data(), tail.size());
  if (!read.ok() || *read != tail.size()) return size;
  size_t newline = tail.rfind('\n');
  if (newline != std::string::npos) return begin + newline + 1;
  return begin == 0 ? 0 : size;
}

// By what the inode alone tells.
FileStat InodeOf(const TailedFile& file) {
  FileStat stat;
  stat.device = file.device;
  stat.inode = file.inode;
  stat.birth_unix_nano = file.birth_unix_nano;
  return stat;
}

}  // namespace

void FileTracker::StartReading() {
  if (reading_) return;
  NoteEarlierSources();
  FindRotatedAway();
  for (const v1::FileWatermark* known : memory_.All()) generations_.NoteLive(known->path());
  reading_ = has_progress_ = true;  // soon it is known where all begin
  for (TailedFile* file : met_) {
    if (const auto* known = memory_.Newest(InodeOf(*file)); known != nullptr) {
      generations_.NoteRotated(*file, known->path());
    }
    if (file->file == nullptr) continue;
    // It may have grown since it was met; and who compressed a file gives the archive the file's time when he is done.
    absl::StatusOr<FileStat> stat = file->file->Stat();
    if (stat.ok()) file->modified_unix_nano = stat->modified_unix_nano;
  }
  ResolveMet();
}

// All that is there is met before it is asked who each one is: those that are known by their inodes first, the others
// may be copies of what these have been.
void FileTracker::ResolveMet() {
  if (!reading_ || met_.empty()) return;
  std::vector<TailedFile*> files = std::exchange(met_, {});
  generations_.Sort(&files);
  auto is_known = [this](const TailedFile* file) { return memory_.Newest(InodeOf(*file)) != nullptr; };
  for (const bool known : {true, false}) {
    for (TailedFile* file : files) {
      if (!file->resolved && is_known(file) == known) Resolve(file);
    }
  }
}

// Compares a file with what is known, and decides where reading begins.
void FileTracker::Resolve(TailedFile* file) {
  if (absl::Status status = open_files_.EnsureOpen(file); !status.ok()) return ReadFailed(file, status);
  absl::StatusOr<FileStat> stat = file->file->Stat();
  if (!stat.ok()) return ReadFailed(file, stat.status());
  FileStat plain = *stat;
  if (file->archive != nullptr) {
    if (!IsComparable(file, *stat)) return HoldBack(file, Origin::kDecoding);
    plain.size = std::numeric_limits<uint64_t>::max();  // not known before it is decoded
  }
  absl::StatusOr<Resumption> resumption = Resume(memory_, plain, file->file.get());
  if (!resumption.ok()) return ReadFailed(file, resumption.status());
  if (!resumption->known) {
    LeaveToHolder(*stat, &*resumption);
    Origin origin = copies_.Find(file, *stat, &*resumption);
    if (origin != Origin::kNew && origin != Origin::kCopy) return HoldBack(file, origin);
    if (origin == Origin::kNew && file->only_continues) return open_files_.Close(file);  // and then it is let go
  }
  std::erase(waiting_, file);
  file->waiting = false;
  file->original = file->last_original = nullptr;
  Begin(file, *stat, *resumption);
  AllowedAt(file, clock_->MonotonicNanos());  // others may have to be read, and decoded, before it
}

// A copy may go on for what stood under this inode before, also if nothing of that was delivered yet.
void FileTracker::LeaveToHolder(const FileStat& stat, Resumption* resumption) {
  if (memory_.Newest(stat) == nullptr) return;
  while (table_.FindByIdentity(resumption->identity) != nullptr) {
    resumption->identity.set_generation(resumption->identity.generation() + 1);
    resumption->replaced = true;
  }
}

// It is known who the file is.
void FileTracker::Begin(TailedFile* file, const FileStat& stat, const Resumption& resumption) {
  file->identity = resumption.identity;
  // The collector's word may have replaced what is not UTF-8 in it.
  if (resumption.path.has_value() && *resumption.path != ReplaceInvalidUtf8(file->path)) {
    file->first_path = *resumption.path;
  }
  if (resumption.known) {
    file->acked = {resumption.offset, resumption.frontier};
    if (const auto* known = memory_.Find(file->identity); known != nullptr) file->passed = known->dropped_bytes();
    // What was seen when it was met says more, if it is longer: it shows whether the file was emptied since.
    if (resumption.head.length() >= file->head.length()) file->head = resumption.head;
    file->spent = resumption.shorter || (!file->is_archive && stat.size < file->acked.offset);
    file->at_end = file->spent;
    if (file->spent) LetOthersPass(file);
    file->was_sent = resumption.sent.has_value();
    GoTo(file, resumption.sent.value_or(file->acked));
  } else {
    if (resumption.replaced) LookAnew(file);  // what was seen when it was met may have been what it held before
    StartNew(file, stat);
    AskOlderCopies(*file);
    if (resumption.replaced) {
      metrics_->files_replaced.Increment();
      log::Warn("tail", "file was truncated, rewritten or its inode reused while the agent was away; reading it from 0",
                {{"path", file->path}, {"generation", file->identity.generation()}});
    }
    notices_.Tell(resumption.replaced ? FileEvent::Kind::kTruncated : FileEvent::Kind::kAppeared, *file,
                  file->read.offset);
  }
  file->shared.clear();
  file->resolved = true;
  file->backlog = stat.size - std::min(stat.size, file->read.offset) > kBacklogBytes;
  MarkDirty(file);
  MarkReady(file);
}

// What `file` holds now, by which it will show if it is emptied before its turn comes.
void FileTracker::LookAnew(TailedFile* file) {
  file->head.Clear();
  file->size = 0;
  LookAtGrowth(file);
}

// As LookAtSize, and what it begins with. Both are of one content: it may be emptied at any moment, and be larger
// again.
void FileTracker::LookAtGrowth(TailedFile* file) {
  if (file->is_stream || file->file == nullptr) return;
  if (file->is_archive) return LookAtSize(file);
  auto begins_so = [file] { return ExtendHead(file->file.get(), &file->head).value_or(false); };
  if (!begins_so()) return;
  const uint64_t size = file->size;
  LookAtSize(file);
  if (!begins_so()) file->size = size;
}

void FileTracker::StartNew(TailedFile* file, const FileStat& stat) {
  const bool is_first_look = file->present_at_start && !first_looks_.WasEarlier(*file->source);
  const bool from_end = file->source->options().start_at == StartAt::kEnd && is_first_look;
  if (!from_end || file->identity.generation() > 0) return;
  Mark start;
  start.offset = LastLineBegin(file->file.get(), std::min(stat.size, file->size_when_met));
  std::string before(std::min<uint64_t>(start.offset, kFrontierBytes), '\0');
  absl::StatusOr<size_t> size = file->file->ReadAt(start.offset - before.size(), before.data(), before.size());
  if (size.ok() && *size == before.size()) start.frontier = HashOf(before);
  file->acked = start;
  file->ReadFrom(start);
  file->started_at = start.offset;
}

void FileTracker::EnsureShared(TailedFile* file) const {
  if (!file->shared.empty()) return;
  const SourceOptions& source = file->source->options();
  SharedFields fields;
  fields.topic = file->source->TopicOf(file->first_path);
  fields.agent = options_.agent;
  fields.host = options_.host;
  fields.path = file->first_path;
  fields.source = source.name;
  fields.labels = file->source->LabelsOf(file->first_path);
  fields.file = file->identity;
  file->shared = EncodeSharedFields(fields);
}

// What a new generation holds was written after its older copies were made: their originals may have been emptied since
// they were asked.
void FileTracker::AskOlderCopies(const TailedFile& younger) {
  for (TailedFile* copy : waiting_) {
    if (!copy->is_archive && Generations::IsOlderName(*copy, younger)) copy->ask_again_at = 0;
  }
}

// Before anything is read: what waits for a file that was emptied unnoticed is read from now on, and in its turn. That
// file itself could come too late to notice, since it may be behind others that are behind the copy.
void FileTracker::RestartEmptied() {
  if (waiting_.empty()) return;
  const int64_t now = clock_->MonotonicNanos();
  auto is_asked = [](const TailedFile* copy) { return copy->ask_again_at == 0; };
  if (std::any_of(waiting_.begin(), waiting_.end(), is_asked)) TendWaiting(now);
  std::vector<TailedFile*> emptied;
  for (TailedFile* copy : waiting_) {
    if (copy->original == nullptr || !copy->original_emptied || copy->original->released) continue;
    if (std::find(emptied.begin(), emptied.end(), copy->original) == emptied.end()) emptied.push_back(copy->original);
  }
  if (emptied.empty()) return;
  for (TailedFile* original : emptied) Restart(original);
  TendWaiting(now);
}

void FileTracker::Restart(TailedFile* file) {
  LookForCopies(*file);
  const uint64_t copied = HeldByCopies(*file);
  uint64_t delivered = std::max(file->read.offset, copied);
  if (const absl::StatusOr<FileStat> now = open_files_.StatOf(*file);
      copied > 0 && now.ok() && now->size >= file->size) {
    delivered = file->size;  // it has grown again: nobody knows how large it was beyond what was copied
  }
  for (TailedFile* copy : waiting_) {
    if (copy->original != file) continue;
    LookAtSize(copy);
    delivered = std::max(delivered, copy->size);  // what the copy holds will be read from it
    copy->original = nullptr;
    copy->ask_again_at = 0;
  }
  generations_.Enter(file);  // behind the copies
  uint64_t unread = file->size > delivered ? file->size - delivered : 0;
  metrics_->files_replaced.Increment();
  log::Warn("tail", "file was truncated or rewritten in place; reading it from 0",
            {{"path", file->path}, {"read_to", file->read.offset}, {"bytes_lost", unread}});
  notices_.Tell(FileEvent::Kind::kTruncated, *file, file->read.offset);
  notices_.Lose(*file, file->identity, LossReason::kTruncated, unread, "");
  if (file->was_sent || file->acked.offset > 0) Remember(*file);  // else nobody knows it, nor needs to
  sent_before_.Add(*file);
  if (file->identity.inode() != file->inode || file->identity.birth_time_unix_nano() != file->birth_unix_nano) {
    return MeetAnew(file);
  }
  uint32_t generation = file->identity.generation();
  if (const auto* newest = memory_.Newest(InodeOf(*file)); newest != nullptr) {
    generation = std::max(generation, newest->file().generation());
  }
  file->identity.set_generation(generation + 1);
  BeginAnew(file);
  file->head.Clear();
  file->size = 0;
  file->shared.clear();
  MarkReady(file);
}

void FileTracker::BeginAnew(TailedFile* file) {
  ++file->incarnation;
  file->was_sent = false;
  file->acked = Mark();
  file->passed = 0;
  file->ReadFrom(file->acked);
  file->started_at = 0;
  file->parser = file->source->parsers().NewParser();
  MarkDirty(file);
}

// It was a copy, under its original's identity, and holds something else now: another copy, or a file of its own.
void FileTracker::MeetAnew(TailedFile* file) {
  memory_.ForgetCopy(InodeOf(*file));
  ready_.Remove(file);
  BeginAnew(file);
  file->resolved = file->spent = false;
  file->last_active = clock_->MonotonicNanos();
  LookAnew(file);
  generations_.Enter(file);
  Resolve(file);
}

void FileTracker::Rewind(TailedFile* file) {
  // Of a broken connection's files, the older ones come first again. What is refused holds back only itself.
  if (!file->refused && file->read.offset != file->acked.offset) FinishFirst(file);
  file->refused = false;
  ready_.Reconsider();
  if (file->read.offset != file->acked.offset) {
    GoTo(file, file->acked);
  }
  MarkReady(file);
}

void FileTracker::GoTo(TailedFile* file, const Mark& place) {
  file->ReadFrom(place);
  file->at_end &= file->spent;
}

void FileTracker::CompareWith(const std::vector<v1::FileWatermark>& watermarks) {
  absl::flat_hash_map<std::pair<uint64_t, uint64_t>, std::vector<const v1::FileWatermark*>> stored;
  for (const v1::FileWatermark& watermark : watermarks) {
    stored[{watermark.file().inode(), watermark.file().birth_time_unix_nano()}].push_back(&watermark);
  }
  uint64_t files = 0;
  uint64_t bytes = 0;
  table_.ForEach([&](TailedFile* file) {
    const v1::FileWatermark* known = memory_.Newest(InodeOf(*file));
    v1::FileIdentity identity = file->resolved ? file->identity : known != nullptr ? known->file() : v1::FileIdentity();
    uint64_t acked = 0;  // by batches
    if (file->resolved) {
      acked = file->acked.offset - file->passed;
    } else if (known != nullptr) {
      acked = known->end_offset() - std::min(known->end_offset(), known->dropped_bytes());
    }
    if (acked <= file->started_at || file->spent || file->source->options().internal) return;
    uint64_t held = 0;
    bool is_known = false;
    for (const v1::FileWatermark* watermark : stored[{identity.inode(), identity.birth_time_unix_nano()}]) {
      if (watermark->file().generation() != identity.generation()) continue;
      is_known = true;
      held = std::max(held, watermark->end_offset());
    }
    // What start_at: end left out was never sent; and a collector forgets files that were silent for long.
    bool may_be_forgotten = file->source->options().start_at == StartAt::kEnd ||
                            clock_->UnixNanos() - file->modified_unix_nano > kForgottenNanos;
    if (held >= acked || (!is_known && may_be_forgotten)) return;
    // Told once, as long as this process runs.
    if (uint64_t& told = file->told_behind; told < acked) {
      bytes += acked - std::max(held, told);
      ++files;
      told = acked;
    }
  });
  if (files > 0) notices_.TellCollectorBehind(files, bytes);
}

void FileTracker::Advance(TailedFile* file, const v1::FileWatermark& watermark) {
  if (watermark.end_offset() <= file->acked.offset) return;
  Acknowledge(file, {watermark.end_offset(), watermark.frontier()});
  Rewind(file);
}

}  // namespace sluice::agent
