#include "agent/tail/copy_finder.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/tail/rotation_name.h"
#include "base/log.h"
#include "base/status.h"
#include "base/strings.h"

namespace sluice::agent {
namespace {

constexpr int64_t kSecond = 1'000'000'000;
// How long an empty file beside a larger one is taken for a copy that begins.
constexpr int64_t kEmptyNanos = 5 * kSecond;
// Where a file is now that was moved is known within this time: by the next look at all directories, if not at once.
constexpr int64_t kMovingNanos = 35 * kSecond;
// An archive with another name than its original is known by its content, if that is not next to nothing.
constexpr uint64_t kTellingBytes = 64;
// An archive that holds less than the original does now is known by its first bytes, if it has that many.
constexpr uint64_t kSurelyTellingBytes = kHeadBytes;
// Plain bytes that are decoded at a time to compare an archive.
constexpr uint64_t kDecodeBytesAtOnce = 16 << 20;
// So often at a time a file that gets more is compared.
constexpr int kComparisonsMax = 5;

RotationName NameOf(const TailedFile& file) { return ParseRotationName(BaseNameOf(PathOf(file))); }

// By their names they may be generations of one file.
bool MayBeRelated(const RotationName& copy, const RotationName& original) {
  return copy.stem == original.stem && (!copy.is_doubtful || (original.age == 0 && !original.is_doubtful));
}

// By their names `copy` may have been made of `original`, which may have the name by now that the copy had.
bool MayBeCopyOf(const RotationName& copy, bool has_lost_its_name, const RotationName& original) {
  return MayBeRelated(copy, original) && (original.age < copy.age || (has_lost_its_name && original.age == copy.age));
}

// One that has lost its name is near those with which it stood, though their directory was moved since.
bool AreNear(const TailedFile& a, const TailedFile& b) {
  return (a.row != nullptr && a.row == b.row) || DirectoryOf(PathOf(a)) == DirectoryOf(PathOf(b));
}

// True if `copy` has the name of an older generation of `present` in another directory: logrotate's olddir.
bool IsInOtherDirectory(const TailedFile& copy, const TailedFile& present) {
  return DirectoryOf(PathOf(copy)) != DirectoryOf(PathOf(present)) && NameOf(copy).stem == NameOf(present).stem;
}

bool IsMoving(const TailedFile& file, const FileStat& stat, int64_t now) {
  return file.detached && !file.is_archive && stat.links > 0 && now - file.quiet_since < kMovingNanos;
}

// True if the bytes before `offset` are those that were there.
absl::StatusOr<bool> HasBefore(ReadableFile* file, uint64_t offset, const v1::ContentHash& frontier) {
  if (frontier.length() > offset) return false;
  return HasContent(file, offset - frontier.length(), frontier);
}

absl::StatusOr<bool> HoldsWhatWasRead(TailedFile* file) {
  SLUICE_ASSIGN_OR_RETURN(bool has_last, HasBefore(file->file.get(), file->read.offset, file->read.frontier));
  SLUICE_ASSIGN_OR_RETURN(bool has_first, HasContent(file->file.get(), 0, file->head));
  return has_last && has_first;
}

absl::StatusOr<bool> SameBytes(ReadableFile* a, ReadableFile* b, uint64_t offset, size_t size) {
  SLUICE_ASSIGN_OR_RETURN(std::string bytes_a, BytesAt(a, offset, size));
  SLUICE_ASSIGN_OR_RETURN(std::string bytes_b, BytesAt(b, offset, size));
  return bytes_a == bytes_b;
}

constexpr ArchiveFile::End kWhole = ArchiveFile::End::kComplete;

}  // namespace

CopyFinder::CopyFinder(const View& view, absl::Duration archive_patience)
    : file_system_(view.file_system),
      clock_(view.clock),
      table_(view.table),
      memory_(view.memory),
      generations_(view.generations),
      open_files_(view.open_files),
      sent_before_(view.sent_before),
      unreadable_(view.unreadable),
      archive_patience_(archive_patience) {}

// Nobody knows the file's inode. It may still hold what was read, or is being read, under another one:
//  - a compressed file holds what a rotated file held;
//  - a file with the name of an older generation holds what the present one held before copytruncate emptied it.
// Such a one goes on where the other ended. While the other still has the content, it waits.
CopyFinder::Origin CopyFinder::Find(TailedFile* file, const FileStat& stat, Resumption* found) {
  if (!MayBeCopy(*file, stat) || file->source->options().internal) return Origin::kNew;
  // A copy may get more while it is compared, and its original may be emptied then: what is new is compared again.
  for (int round = 0; round < kComparisonsMax; ++round) {
    absl::StatusOr<std::string> head = BytesAt(file->file.get(), 0, kHeadBytes);
    if (!head.ok()) return Origin::kUndecided;  // here and below: what cannot be read now is asked again
    const Origin origin = CompareWithOthers(file, stat, *head, found);
    if (origin != Origin::kNew) {
      TailedFile* const present = PresentOf(*file);
      if (present != nullptr && IsInOtherDirectory(*file, *present)) generations_->JoinRowOf(present, file);
      return origin;
    }
    absl::StatusOr<std::string> now = BytesAt(file->file.get(), 0, kHeadBytes);
    if (now.ok() && now->size() == head->size()) return origin;
  }
  return Origin::kUndecided;
}

bool CopyFinder::MayBeCopy(const TailedFile& file, const FileStat& stat) const {
  if (file.is_archive) return true;
  const RotationName name = NameOf(file);
  if (name.age == 0 || !name.is_doubtful) return name.age > 0;
  const bool is_told = file.row != nullptr && file.row->is_told;
  return is_told || memory_->OriginalOf(stat) != nullptr || FindPresent(file).has_value();
}

CopyFinder::Origin CopyFinder::CompareWithOthers(TailedFile* file, const FileStat& stat, const std::string& head,
                                                 Resumption* found) {
  if (file->archive != nullptr && file->archive->end() == ArchiveFile::End::kIncomplete && head.empty()) {
    return MayBeWritten(*file, stat) ? Origin::kUndecided : Origin::kNew;
  }
  Origin origin = CompareWithFollowed(file, stat, head);
  if (origin == Origin::kNew) origin = CompareWithRemembered(file, stat, head, found);
  if (origin != Origin::kNew || file->archive == nullptr) return origin;
  return IsOriginalUnreadable(*file) ? Origin::kUndecided : UnlessBeingWritten(file, stat);
}

// True if somebody wrote to an archive a short time ago, by the host's clock and by ours.
bool CopyFinder::MayBeWritten(const TailedFile& file, const FileStat& stat) const {
  const int64_t patience = absl::ToInt64Nanoseconds(archive_patience_);
  return clock_->UnixNanos() - stat.modified_unix_nano < patience &&
         clock_->MonotonicNanos() - file.disk_changed_at < patience;
}

// An archive is begun when it is whole: until then its original may be about to appear, and what comes after it would
// pass it at an end that is none. One that nobody has written to for long is whole, or never will be.
CopyFinder::Origin CopyFinder::UnlessBeingWritten(TailedFile* file, const FileStat& stat) {
  if (!MayBeWritten(*file, stat)) return Origin::kNew;
  absl::StatusOr<bool> reached = file->archive->Reach(std::numeric_limits<uint64_t>::max(), kDecodeBytesAtOnce);
  if (!reached.ok()) return Origin::kNew;  // the error comes again when it is read
  if (!*reached) return Origin::kDecoding;
  return file->archive->end() == ArchiveFile::End::kIncomplete ? Origin::kUndecided : Origin::kNew;
}

// True if the file that an archive was made of is there, and could not be opened up to now.
bool CopyFinder::IsOriginalUnreadable(const TailedFile& file) const {
  const RotationName name = NameOf(file);
  return std::any_of(unreadable_->paths().begin(), unreadable_->paths().end(), [&](const std::string& path) {
    const RotationName other = ParseRotationName(BaseNameOf(path));
    return ArchiveFormatOf(path) == ArchiveFormat::kNone && DirectoryOf(path) == DirectoryOf(PathOf(file)) &&
           other.stem == name.stem && other.age == name.age;
  });
}

CopyFinder::Origin CopyFinder::CompareWithFollowed(TailedFile* file, const FileStat& stat, std::string_view head) {
  file->original_emptied = false;
  const std::string& path = PathOf(*file);
  const RotationName name = NameOf(*file);
  const bool has_lost_its_name = file->path.empty();
  TailedFile* const present = file->is_archive ? nullptr : PresentOf(*file);
  std::vector<TailedFile*> others = table_->Where([&](const TailedFile& other) {
    if (&other == file || other.is_archive || other.is_stream || other.source->options().internal) return false;
    // Also one of which nobody knows yet who it is: whoever that is, this is a copy of it.
    if (file->is_archive) {
      return SameStem(path, PathOf(other)) || (other.head.length() >= kTellingBytes && BeginsWith(head, other.head));
    }
    const bool is_near = &other == present || AreNear(*file, other);
    if (other.spent || !is_near || !MayBeCopyOf(name, has_lost_its_name, NameOf(other))) return false;
    // A copy has the name of an older file, and was born after the one that it was made of.
    const uint64_t birth = other.birth_unix_nano;
    // Generations that were there already may be short and equal; but then the older one was born first.
    const bool is_certain = head.size() == kHeadBytes || (stat.birth_unix_nano > birth && birth > 0);
    return (stat.birth_unix_nano == 0 || stat.birth_unix_nano >= birth) && (!file->present_at_start || is_certain);
  });
  // Of several links one is known.
  const bool may_be_link = present != nullptr && present != file && !IsInOtherDirectory(*file, *present);
  if (may_be_link && present->resolved) others.push_back(present);
  if (TailedFile* last = file->last_original;
      last != nullptr && std::find(others.begin(), others.end(), last) == others.end()) {
    others.push_back(last);  // though it was renamed since
  }
  for (TailedFile* other : others) {
    Origin origin = HoldsSame(file, other, head);
    if (origin == Origin::kNew) continue;
    if (origin == Origin::kWaits) file->original = file->last_original = other;
    if (origin == Origin::kWaits && file->is_archive && other->resolved && file->archive->end() == kWhole) {
      // Known from now on, even if the original gets longer before it goes.
      v1::FileIdentity copy;
      copy.set_device(stat.device);
      copy.set_inode(stat.inode);
      copy.set_birth_time_unix_nano(stat.birth_unix_nano);
      memory_->LearnCopy(copy, other->identity);
    }
    return origin;
  }
  return Origin::kNew;
}

// kWaits if `file` holds what `other` holds, so far.
CopyFinder::Origin CopyFinder::HoldsSame(TailedFile* file, TailedFile* other, std::string_view head) {
  if (absl::Status opened = open_files_->EnsureOpen(other); !opened.ok()) {
    if (!absl::IsNotFound(opened)) return Origin::kUndecided;
    // One that is gone will be let go, and then be known by what is remembered of it.
    return BeginsWith(head, other->head) ? Origin::kWaits : Origin::kNew;
  }
  // First the copy, which is never longer than its original.
  const absl::StatusOr<FileStat> own = file->file->Stat();
  const absl::StatusOr<FileStat> stat = other->file->Stat();
  if (!own.ok() || !stat.ok()) return Origin::kUndecided;
  if (!file->is_archive) file->size = own->size;
  if (head.empty()) {
    // One that was there before the agent may have been empty for long.
    const bool is_young = clock_->MonotonicNanos() - file->last_active < kEmptyNanos &&
                          (!file->present_at_start || clock_->UnixNanos() - own->modified_unix_nano < kEmptyNanos);
    return stat->size > 0 && !file->is_archive && is_young ? Origin::kWaits : Origin::kNew;
  }
  if (Origin origin = CompareContent(file, other, stat->size, head); origin != Origin::kNew) return origin;
  // The other one may be emptied, a moment ago or just now, and nobody has noticed yet.
  absl::StatusOr<bool> holds = HoldsWhatWasRead(other);
  if (!holds.ok()) return Origin::kUndecided;
  if (*holds || !BeginsWith(head, other->head)) return Origin::kNew;
  file->original_emptied = !other->spent;
  return Origin::kWaits;
}

CopyFinder::Origin CopyFinder::CompareContent(TailedFile* file, TailedFile* other, uint64_t other_size,
                                              std::string_view head) {
  absl::StatusOr<std::string> begin = BytesAt(other->file.get(), 0, head.size());
  if (!begin.ok()) return Origin::kUndecided;
  if (*begin != head) return Origin::kNew;
  if (file->archive != nullptr) {
    if (Origin origin = CompareArchive(file, other, other_size); origin != Origin::kWaits) return origin;
  }
  if (file->size > other_size) return Origin::kNew;
  uint64_t tail = std::min<uint64_t>(file->size, kFrontierBytes);
  absl::StatusOr<bool> same = SameBytes(file->file.get(), other->file.get(), file->size - tail, tail);
  if (!same.ok()) return Origin::kUndecided;
  return *same ? Origin::kWaits : Origin::kNew;
}

// The sizes of an archive and of what may be its original: kWaits if they may belong together.
CopyFinder::Origin CopyFinder::CompareArchive(TailedFile* file, TailedFile* other, uint64_t other_size) {
  absl::StatusOr<bool> reached = file->archive->Reach(other_size + 1, kDecodeBytesAtOnce);
  if (!reached.ok()) return Origin::kUndecided;
  if (!*reached) return Origin::kDecoding;
  file->size = file->archive->plain_bytes();
  file->compared_size = other_size;
  if (file->archive->end() != kWhole || file->size == other_size) return Origin::kWaits;
  // Whoever went on writing to a file that was being compressed has made it longer since.
  const bool named_after = PathOf(*file).starts_with(StrCat(PathOf(*other), "."));
  return named_after || file->size >= kSurelyTellingBytes ? Origin::kWaits : Origin::kNew;
}

// True if nothing has changed since an archive was found to hold what its original holds: it need not be decoded again.
bool CopyFinder::StillHolds(TailedFile* archive) {
  TailedFile* const original = archive->original;
  if (original == nullptr || !archive->is_archive || archive->path.empty() || original->file == nullptr) return false;
  absl::StatusOr<FileStat> stat = file_system_->Stat(archive->path, /*follow=*/true);
  if (!stat.ok() || archive->DiskChanged(*stat, clock_->MonotonicNanos())) return false;
  absl::StatusOr<FileStat> plain = original->file->Stat();
  return plain.ok() && plain->size == archive->compared_size;
}

CopyFinder::Origin CopyFinder::CompareWithRemembered(TailedFile* file, const FileStat& stat, std::string_view head,
                                                     Resumption* found) {
  const std::string path = PathOf(*file);
  const v1::FileIdentity* original = memory_->OriginalOf(stat);
  std::vector<const v1::FileWatermark*> candidates;
  for (const v1::FileWatermark* known : memory_->All()) {
    if (!BeginsWith(head, known->head())) continue;
    if (!file->is_archive && MayMoveOn(*file, known->file())) return Origin::kUndecided;
    bool is_original = original != nullptr && SameIdentity(*original, known->file());
    bool may_be = file->is_archive ? SameStem(path, known->path()) || known->end_offset() >= kTellingBytes
                                   : HasMovedOn(*file, *known);
    // One that has just lost its path may be on its way to another one: only there it is seen what is beside it.
    if (!is_original && !may_be && IsMoving(*file, stat, clock_->MonotonicNanos())) return Origin::kUndecided;
    if (!is_original && !may_be) continue;
    if (table_->FindByIdentity(known->file()) != nullptr) continue;  // it, or another copy, has the content
    bool is_likely = is_original || DirectoryOf(path) == DirectoryOf(known->path());
    candidates.insert(is_likely ? candidates.begin() : candidates.end(), known);
  }
  for (const v1::FileWatermark* known : candidates) {
    Origin origin = Continues(file, stat, *known, head, found);
    if (origin != Origin::kNew) return origin;
  }
  return Origin::kNew;
}

// The file that has the name now of which `file` has an older one: beside it, or, if it was rotated into a directory
// below (olddir), there.
std::optional<CopyFinder::Present> CopyFinder::FindPresent(const TailedFile& file) const {
  const std::string& path = PathOf(file);
  const std::string directory(DirectoryOf(path));
  const std::string stem = NameOf(file).stem;
  for (const std::string& place : {JoinPath(directory, stem), JoinPath(DirectoryOf(directory), stem)}) {
    const absl::StatusOr<FileStat> stat = file_system_->Stat(place, /*follow=*/true);
    if (stat.ok()) return Present{place, *stat};
  }
  return std::nullopt;
}

// Null if it is not followed.
TailedFile* CopyFinder::PresentOf(const TailedFile& file) const {
  const std::optional<Present> present = FindPresent(file);
  return present.has_value() ? table_->FindByInode(present->stat.device, present->stat.inode) : nullptr;
}

// True if the file beside `copy` was begun anew since: as copytruncate does, and nothing else that leaves a copy.
bool CopyFinder::HasMovedOn(const TailedFile& copy, const v1::FileWatermark& known) const {
  const v1::FileIdentity& identity = known.file();
  const TailedFile* now = table_->FindByInode(copy.device, identity.inode());
  if (now == nullptr || now == &copy || !now->resolved) return false;
  const bool is_begun_anew = now->identity.birth_time_unix_nano() == identity.birth_time_unix_nano() &&
                             now->identity.generation() > identity.generation();
  if (!is_begun_anew) return false;
  const bool was_near = DirectoryOf(known.path()) == DirectoryOf(PathOf(copy));
  const bool are_related = (was_near || AreNear(*now, copy)) && MayBeRelated(NameOf(copy), NameOf(*now));
  return are_related || now == PresentOf(copy);
}

// True if the file of that identity may have been begun anew, but it cannot be read at the moment.
bool CopyFinder::MayMoveOn(const TailedFile& copy, const v1::FileIdentity& identity) const {
  const TailedFile* now = table_->FindByInode(copy.device, identity.inode());
  if (now == &copy) return false;
  // One that has lost its path may have one that could not be opened.
  if (now != nullptr && (!now->resolved || !now->path.empty())) return !now->resolved;
  const std::optional<Present> present = FindPresent(copy);
  return std::any_of(unreadable_->paths().begin(), unreadable_->paths().end(), [&](const std::string& path) {
    return (present.has_value() && path == present->path) ||
           (DirectoryOf(path) == DirectoryOf(PathOf(copy)) && SameStem(path, PathOf(copy)));
  });
}

// If `file` holds what was delivered of a file that is known: then it goes on behind it.
CopyFinder::Origin CopyFinder::Continues(TailedFile* file, const FileStat& disk, const v1::FileWatermark& known,
                                         std::string_view head, Resumption* found) {
  uint64_t end = known.end_offset();
  bool is_shorter;
  if (file->archive != nullptr) {
    absl::StatusOr<bool> reached = file->archive->Reach(end, kDecodeBytesAtOnce);
    if (!reached.ok()) return Origin::kUndecided;
    if (!*reached) return Origin::kDecoding;
    is_shorter = file->archive->plain_bytes() < end;
    // Being written still? Otherwise it is another file's, unless the two were compared when both were there.
    if (is_shorter && file->archive->end() == ArchiveFile::End::kIncomplete && MayBeWritten(*file, disk)) {
      return Origin::kUndecided;
    }
    const v1::FileIdentity* original = memory_->OriginalOf(disk);
    if (is_shorter && (original == nullptr || !SameIdentity(*original, known.file()))) return Origin::kNew;
  } else {
    absl::StatusOr<FileStat> stat = file->file->Stat();
    if (!stat.ok()) return Origin::kUndecided;
    is_shorter = stat->size < end;
  }
  if (!is_shorter) {
    const absl::StatusOr<bool> has_last = HasBefore(file->file.get(), end, known.frontier());
    if (!has_last.ok()) return Origin::kUndecided;
    if (!*has_last) return Origin::kNew;
  } else if (head.size() < known.head().length()) {
    return Origin::kNew;
  }
  if (const Mark* sent = sent_before_->EndOf(known.file()); sent != nullptr && sent->offset > end) {
    const absl::StatusOr<bool> has_sent = HasBefore(file->file.get(), sent->offset, sent->frontier);
    if (!has_sent.ok()) return Origin::kUndecided;
    if (*has_sent) found->sent = *sent;
  }
  memory_->LearnCopy(found->identity, known.file());
  found->identity = known.file();
  found->offset = end;
  found->frontier = known.frontier();
  found->head = known.head();
  found->path = known.path();
  found->known = true;
  found->shorter = is_shorter;
  log::Debug("tail", "a copy goes on where its original ended",
             {{"path", file->path}, {"original", known.path()}, {"offset", end}});
  return Origin::kCopy;
}

}  // namespace sluice::agent
