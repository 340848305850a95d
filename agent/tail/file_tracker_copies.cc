// FileTracker's part that tells copies from new files: what copytruncate leaves, and what a compressor makes of a file.
#include <algorithm>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "agent/tail/file_tracker.h"
#include "base/log.h"
#include "base/status.h"

namespace sluice::agent {
namespace {

constexpr int64_t kSecond = 1'000'000'000;
// How often a file that is held back is looked at: while its copying is going on, and later.
constexpr int64_t kAskSoonNanos = kSecond / 4;
constexpr int64_t kAskLaterNanos = 5 * kSecond;
// How often an archive asks whether it is its turn to be decoded.
constexpr int64_t kSlotNanos = kSecond / 100;
// How long an empty file beside a larger one is taken for a copy that begins.
constexpr int64_t kEmptyNanos = 5 * kSecond;
// An archive with another name than its original is known by its content, if that is not next to nothing.
constexpr uint64_t kTellingBytes = 64;
// Plain bytes that are decoded at a time to compare an archive.
constexpr uint64_t kDecodeBytesAtOnce = 16 << 20;

const std::string& PathOf(const TailedFile& file) { return file.path.empty() ? file.last_path : file.path; }

bool SameStem(std::string_view a, std::string_view b) {
  return ParseRotationName(BaseNameOf(a)).stem == ParseRotationName(BaseNameOf(b)).stem;
}

bool SameIdentity(const v1::FileIdentity& a, const v1::FileIdentity& b) {
  return a.inode() == b.inode() && a.generation() == b.generation() && a.device() == b.device() &&
         a.birth_time_unix_nano() == b.birth_time_unix_nano();
}

// Up to `size` bytes at `offset`; fewer at the end.
absl::StatusOr<std::string> BytesAt(ReadableFile* file, uint64_t offset, size_t size) {
  std::string bytes(size, '\0');
  SLUICE_ASSIGN_OR_RETURN(size_t found, file->ReadAt(offset, bytes.data(), size));
  bytes.resize(found);
  return bytes;
}

bool BeginsWith(std::string_view head, const v1::ContentHash& known) {
  return known.length() > 0 && known.length() <= head.size() && SameHash(HashOf(head.substr(0, known.length())), known);
}

absl::StatusOr<bool> HoldsWhatWasRead(TailedFile* file) {
  size_t known = file->read.frontier.length();
  SLUICE_ASSIGN_OR_RETURN(std::string before, BytesAt(file->file.get(), file->read.offset - known, known));
  SLUICE_ASSIGN_OR_RETURN(std::string head, BytesAt(file->file.get(), 0, file->head.length()));
  return SameHash(HashOf(before), file->read.frontier) && SameHash(HashOf(head), file->head);
}

absl::StatusOr<bool> SameBytes(ReadableFile* a, ReadableFile* b, uint64_t offset, size_t size) {
  SLUICE_ASSIGN_OR_RETURN(std::string bytes_a, BytesAt(a, offset, size));
  SLUICE_ASSIGN_OR_RETURN(std::string bytes_b, BytesAt(b, offset, size));
  return bytes_a == bytes_b;
}

}  // namespace

// Nobody knows the file's inode. It may still hold what was read, or is being read, under another one:
//  - a compressed file holds what a rotated file held;
//  - a file with the name of an older generation holds what the present one held before copytruncate emptied it.
// Such a one goes on where the other ended. While the other still has the content, it waits.
FileTracker::Origin FileTracker::FindOrigin(TailedFile* file, const FileStat& stat, Resumption* found) {
  bool may_be_copy = file->is_archive || ParseRotationName(BaseNameOf(PathOf(*file))).age > 0;
  if (!may_be_copy || file->source->options().internal) return Origin::kNew;
  absl::StatusOr<std::string> begin = BytesAt(file->file.get(), 0, kHeadBytes);
  if (!begin.ok()) return Origin::kNotKnownYet;  // here and below: what cannot be read now is asked again
  const std::string& head = *begin;
  if (file->archive != nullptr && file->archive->end() == ArchiveFile::End::kIncomplete && head.empty()) {
    bool patient =
        clock_->MonotonicNanos() - file->disk_changed_at < absl::ToInt64Nanoseconds(options_.archive_patience);
    return patient ? Origin::kNotKnownYet : Origin::kNew;
  }
  Origin origin = CompareWithFollowed(file, stat, head);
  return origin == Origin::kNew ? CompareWithRemembered(file, stat, head, found) : origin;
}

FileTracker::Origin FileTracker::CompareWithFollowed(TailedFile* file, const FileStat& stat, std::string_view head) {
  const std::string& path = PathOf(*file);
  uint64_t age = ParseRotationName(BaseNameOf(path)).age;
  std::vector<TailedFile*> others = table_.Where([&](const TailedFile& other) {
    if (&other == file || !other.resolved || other.is_archive || other.spent) return false;
    if (other.source->options().internal || !SameStem(path, PathOf(other))) return false;
    if (file->is_archive) return true;
    // A copy has the name of an older file, and was born after the one that it was made of.
    return DirectoryOf(path) == DirectoryOf(PathOf(other)) && ParseRotationName(BaseNameOf(PathOf(other))).age < age &&
           (stat.birth_unix_nano == 0 || stat.birth_unix_nano >= other.identity.birth_time_unix_nano()) &&
           (!file->present_at_start || head.size() == kHeadBytes);
  });
  // Of several links one is known.
  TailedFile* present = file->is_archive ? nullptr : PresentOf(*file);
  if (present != nullptr && present != file && present->resolved) others.push_back(present);
  for (TailedFile* other : others) {
    Origin origin = HoldsSame(file, other, head);
    if (origin == Origin::kNew) continue;
    file->original = other;
    return origin;
  }
  return Origin::kNew;
}

// kNotKnownYet if `file` holds what `other` holds, so far.
FileTracker::Origin FileTracker::HoldsSame(TailedFile* file, TailedFile* other, std::string_view head) {
  if (absl::Status opened = EnsureOpen(other); !opened.ok()) {
    return absl::IsNotFound(opened) ? Origin::kNew : Origin::kNotKnownYet;
  }
  absl::StatusOr<FileStat> stat = other->file->Stat();
  if (!stat.ok()) return Origin::kNotKnownYet;
  if (head.empty()) {
    bool may_begin = stat->size > 0 && !file->is_archive && !file->present_at_start &&
                     clock_->MonotonicNanos() - file->last_active < kEmptyNanos;
    return may_begin ? Origin::kNotKnownYet : Origin::kNew;
  }
  if (Origin origin = CompareContent(file, other, stat->size, head); origin != Origin::kNew) return origin;
  // The other one may be emptied, a moment ago or just now, and nobody has noticed yet.
  absl::StatusOr<bool> holds = HoldsWhatWasRead(other);
  if (!holds.ok()) return Origin::kNotKnownYet;
  return !*holds && BeginsWith(head, other->head) ? Origin::kNotKnownYet : Origin::kNew;
}

FileTracker::Origin FileTracker::CompareContent(TailedFile* file, TailedFile* other, uint64_t other_size,
                                                std::string_view head) {
  absl::StatusOr<std::string> begin = BytesAt(other->file.get(), 0, head.size());
  if (!begin.ok()) return Origin::kNotKnownYet;
  if (*begin != head) return Origin::kNew;
  if (file->archive != nullptr) {
    absl::StatusOr<bool> reached = file->archive->Reach(other_size + 1, kDecodeBytesAtOnce);
    if (!reached.value_or(false)) return Origin::kNotKnownYet;
    bool is_whole = file->archive->end() == ArchiveFile::End::kComplete;
    file->size = file->archive->plain_bytes();
    // Only a file that nobody writes to any more is compressed.
    if (is_whole && file->size != other_size) return Origin::kNew;
  } else {
    absl::StatusOr<FileStat> stat = file->file->Stat();
    if (!stat.ok()) return Origin::kNotKnownYet;
    file->size = stat->size;
  }
  if (file->size > other_size) return Origin::kNew;
  uint64_t tail = std::min<uint64_t>(file->size, kFrontierBytes);
  bool same = SameBytes(file->file.get(), other->file.get(), file->size - tail, tail).value_or(true);
  return same ? Origin::kNotKnownYet : Origin::kNew;
}

FileTracker::Origin FileTracker::CompareWithRemembered(TailedFile* file, const FileStat& stat, std::string_view head,
                                                       Resumption* found) {
  const std::string path = PathOf(*file);
  const v1::FileIdentity* original = memory_.OriginalOf(stat);
  std::vector<const v1::FileWatermark*> candidates;
  for (const v1::FileWatermark* known : memory_.All()) {
    if (!BeginsWith(head, known->head())) continue;
    if (!file->is_archive && MayMoveOn(*file, known->file())) return Origin::kNotKnownYet;
    bool is_original = original != nullptr && SameIdentity(*original, known->file());
    bool may_be = file->is_archive ? SameStem(path, known->path()) || known->end_offset() >= kTellingBytes
                                   : HasMovedOn(*file, known->file());
    if ((!is_original && !may_be) || StillHasContent(known->file(), file)) continue;
    bool is_likely = is_original || DirectoryOf(path) == DirectoryOf(known->path());
    candidates.insert(is_likely ? candidates.begin() : candidates.end(), known);
  }
  for (const v1::FileWatermark* known : candidates) {
    Origin origin = Continues(file, *known, head, found);
    if (origin != Origin::kNew) return origin;
  }
  return Origin::kNew;
}

// The file that now has the name of which `file` has an older one; null if it is not followed.
TailedFile* FileTracker::PresentOf(const TailedFile& file) const {
  const std::string& path = PathOf(file);
  std::string present = JoinPath(DirectoryOf(path), ParseRotationName(BaseNameOf(path)).stem);
  absl::StatusOr<FileStat> stat = file_system_->Stat(present, /*follow=*/true);
  return stat.ok() ? table_.FindByInode(stat->device, stat->inode) : nullptr;
}

// True if the file of that identity is followed, or another copy goes on for it.
bool FileTracker::StillHasContent(const v1::FileIdentity& identity, const TailedFile* asking) const {
  return !table_
              .Where([&](const TailedFile& other) {
                return &other != asking && other.resolved && SameIdentity(other.identity, identity);
              })
              .empty();
}

// True if the file beside `copy` was begun anew since: as copytruncate does, and nothing else that leaves a copy.
bool FileTracker::HasMovedOn(const TailedFile& copy, const v1::FileIdentity& identity) const {
  const TailedFile* now = table_.FindByInode(copy.device, identity.inode());
  return now != nullptr && now != &copy && now->resolved &&
         now->identity.birth_time_unix_nano() == identity.birth_time_unix_nano() &&
         now->identity.generation() > identity.generation() &&
         ((DirectoryOf(PathOf(*now)) == DirectoryOf(PathOf(copy)) && SameStem(PathOf(*now), PathOf(copy))) ||
          now == PresentOf(copy));
}

// True if the file of that identity may have been begun anew, but it cannot be read at the moment.
bool FileTracker::MayMoveOn(const TailedFile& copy, const v1::FileIdentity& identity) const {
  const TailedFile* now = table_.FindByInode(copy.device, identity.inode());
  if (now != nullptr) return now != &copy && !now->resolved;
  return std::any_of(unreadable_.begin(), unreadable_.end(), [&](const std::string& path) {
    return DirectoryOf(path) == DirectoryOf(PathOf(copy)) && SameStem(path, PathOf(copy));
  });
}

// If `file` holds what was delivered of a file that is known: then it goes on behind it.
FileTracker::Origin FileTracker::Continues(TailedFile* file, const v1::FileWatermark& known, std::string_view head,
                                           Resumption* found) {
  uint64_t end = known.end_offset();
  bool is_shorter;
  if (file->archive != nullptr) {
    absl::StatusOr<bool> reached = file->archive->Reach(end, kDecodeBytesAtOnce);
    if (!reached.value_or(false)) return Origin::kNotKnownYet;
    is_shorter = file->archive->plain_bytes() < end;
    // Being written still? Otherwise it is another file's.
    if (is_shorter) return file->archive->end() == ArchiveFile::End::kIncomplete ? Origin::kNotKnownYet : Origin::kNew;
  } else {
    absl::StatusOr<FileStat> stat = file->file->Stat();
    if (!stat.ok()) return Origin::kNotKnownYet;
    is_shorter = stat->size < end;
  }
  if (!is_shorter) {
    size_t length = known.frontier().length();
    if (length > end) return Origin::kNew;
    absl::StatusOr<std::string> before = BytesAt(file->file.get(), end - length, length);
    if (!before.ok()) return Origin::kNotKnownYet;
    if (!SameHash(HashOf(*before), known.frontier())) return Origin::kNew;
  } else if (head.size() < known.head().length()) {
    return Origin::kNew;
  }
  memory_.LearnCopy(found->identity, known.file());
  found->identity = known.file();
  found->offset = end;
  found->frontier = known.frontier();
  found->head = known.head();
  found->path = known.path();
  found->known = true;
  log::Debug("tail", "a copy goes on where its original ended",
             {{"path", file->path}, {"original", known.path()}, {"offset", end}});
  return Origin::kCopy;
}

bool FileTracker::IsCopied(const TailedFile* file) const {
  return std::any_of(waiting_.begin(), waiting_.end(), [file](const auto* copy) { return copy->original == file; });
}

void FileTracker::HoldBack(TailedFile* file) {
  ready_.Reconsider();  // what comes after it need not wait for it
  int64_t now = clock_->MonotonicNanos();
  if (!file->waiting) {
    file->waiting = true;
    file->waiting_since = now;
    waiting_.push_back(file);
  }
  if (file->is_archive && file->original == nullptr) {
    bool is_decoding = file->archive_active && file->archive->end() == ArchiveFile::End::kNotReached;
    if (file->archive_active && !is_decoding) GiveSlotBack(file);
    file->ask_again_at = is_decoding ? now : now + (file->archive_active ? kAskSoonNanos : kSlotNanos);
    return;
  }
  GiveSlotBack(file);
  file->ask_again_at = now + (now - file->waiting_since < 2 * kAskLaterNanos ? kAskSoonNanos : kAskLaterNanos);
}

int64_t FileTracker::TendWaiting(int64_t now) {
  int64_t next = std::numeric_limits<int64_t>::max();
  const std::vector<TailedFile*> waiting = waiting_;
  for (TailedFile* file : waiting) {
    if (file->ask_again_at <= now) {
      file->original = nullptr;
      Resolve(file);
    }
    if (file->waiting) next = std::min(next, file->ask_again_at);
  }
  return next;
}

}  // namespace sluice::agent
