// FileTracker's part that looks after copies: those that wait to be known, and what they hold of an emptied file.
#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "agent/tail/file_tracker.h"
#include "agent/tail/rotation_name.h"

namespace sluice::agent {
namespace {

constexpr int64_t kSecond = 1'000'000'000;
// How often a file that is held back is looked at: while its copying is going on, and later.
constexpr int64_t kAskSoonNanos = kSecond / 4;
constexpr int64_t kAskLaterNanos = 5 * kSecond;
// How often an archive asks whether it is its turn to be decoded.
constexpr int64_t kSlotNanos = kSecond / 100;

}  // namespace

// What `file` held may stand in a copy that nobody has told of yet: it was there before the file was emptied.
void FileTracker::LookForCopies(const TailedFile& file) {
  if (file.path.empty() || file.is_archive) return;
  std::vector<std::pair<uint64_t, std::string>> older;
  const std::string directory(DirectoryOf(file.path));
  for (const std::string& below : ListOlder(directory, file, &older)) ListOlder(below, file, &older);
  // If it was renamed meanwhile, younger generations may stand there, too; that will be told in its order.
  if (!open_files_.StillHasPath(file)) return;
  std::sort(older.rbegin(), older.rend());
  for (const auto& [age, path] : older) {
    std::shared_ptr<const Source> source = options_.source_of(path);
    if (source != nullptr) OnAppeared(source, path);
  }
  ResolveMet();
}

// Adds what has a name of an older generation of `file` in a directory. The directories below it.
std::vector<std::string> FileTracker::ListOlder(const std::string& directory, const TailedFile& file,
                                                std::vector<std::pair<uint64_t, std::string>>* older) {
  std::vector<std::string> below;
  absl::StatusOr<std::vector<DirectoryEntry>> entries = file_system_->List(directory);
  if (!entries.ok()) return below;
  for (const DirectoryEntry& entry : *entries) {
    if (entry.type == FileType::kDirectory) below.push_back(JoinPath(directory, entry.name));
    const uint64_t age = ParseRotationName(entry.name).age;
    if (entry.type != FileType::kRegular || age == 0 || !SameStem(entry.name, file.path)) continue;
    older->emplace_back(age, JoinPath(directory, entry.name));
  }
  return below;
}

// False if something else was written over it, as `cp` does when the last copy is still there.
bool FileTracker::IsStillCopy(TailedFile* file) {
  if (file->is_archive || !open_files_.EnsureOpen(file).ok()) return true;
  const absl::StatusOr<std::string> begin = BytesAt(file->file.get(), 0, file->head.length());
  return !begin.ok() || SameHash(HashOf(*begin), file->head);
}

// What `file` held before it was emptied may stand in copies by now, or in those that were the same when it held that.
void FileTracker::AskCopiesOf(const TailedFile& file) {
  LookForCopies(file);
  bool is_any = false;
  for (TailedFile* copy : waiting_) {
    if (copy->original != &file || copy->is_archive) continue;
    copy->ask_again_at = 0;
    is_any = true;
  }
  if (is_any) TendWaiting(clock_->MonotonicNanos());
}

// How many of the first bytes that `file` had are in other files: copies that are read already or will be.
uint64_t FileTracker::HeldByCopies(const TailedFile& file) {
  const size_t known = file.head.length();
  if (file.row == nullptr || known == 0) return 0;
  uint64_t held = 0;
  const std::vector<TailedFile*> generations = file.row->files;
  for (TailedFile* other : generations) {
    if (other == &file || !Generations::IsOlderName(*other, file) || !open_files_.EnsureOpen(other).ok()) continue;
    const absl::StatusOr<std::string> begin = BytesAt(other->file.get(), 0, known);
    if (!begin.ok() || !BeginsWith(*begin, file.head)) continue;
    LookAtSize(other);
    held = std::max(held, other->is_archive ? std::numeric_limits<uint64_t>::max() : other->size);
  }
  return held;
}

bool FileTracker::IsCopied(const TailedFile& file) {
  LookForCopies(file);
  auto is_copy = [&file](const TailedFile* copy) { return copy->original == &file; };
  return std::any_of(waiting_.begin(), waiting_.end(), is_copy) || HeldByCopies(file) >= file.read.offset;
}

void FileTracker::AcknowledgeBefore(const TailedFile& file, uint32_t incarnation, const Mark& end) {
  const v1::FileIdentity* found = sent_before_.Find(file, incarnation);
  if (found == nullptr) return;
  const v1::FileIdentity identity = *found;
  sent_before_.Forget(identity, end.offset);
  if (const v1::FileWatermark* known = memory_.Find(identity); known != nullptr && known->end_offset() < end.offset) {
    v1::FileWatermark watermark = *known;
    watermark.set_end_offset(end.offset);
    watermark.set_dropped_bytes(0);
    *watermark.mutable_frontier() = end.frontier;
    memory_.Learn(watermark);
    has_progress_ = true;
  }
  TailedFile* holder = table_.FindByIdentity(identity);
  if (holder != nullptr && holder->acked.offset < end.offset && end.offset <= holder->read.offset) {
    Acknowledge(holder, end);
  }
}

TailedFile* FileTracker::RefuseBefore(const TailedFile& file, uint32_t incarnation) {
  const v1::FileIdentity* found = sent_before_.Find(file, incarnation);
  if (found == nullptr) return nullptr;
  const v1::FileIdentity identity = *found;
  sent_before_.Forget(identity, std::numeric_limits<uint64_t>::max());
  return table_.FindByIdentity(identity);
}

void FileTracker::HoldBack(TailedFile* file, Origin origin) {
  ready_.Reconsider();  // what comes after it need not wait for it
  int64_t now = clock_->MonotonicNanos();
  if (!file->waiting) {
    file->waiting = true;
    file->waiting_since = now;
    waiting_.push_back(file);
  }
  if (origin == Origin::kDecoding) {
    file->ask_again_at = file->archive_active ? now : now + kSlotNanos;
    return;
  }
  slots_.GiveBack(file);
  file->ask_again_at = now + (now - file->waiting_since < 2 * kAskLaterNanos ? kAskSoonNanos : kAskLaterNanos);
}

int64_t FileTracker::TendWaiting(int64_t now) {
  int64_t next = std::numeric_limits<int64_t>::max();
  const std::vector<TailedFile*> waiting = waiting_;
  for (TailedFile* file : waiting) {
    if (file->ask_again_at <= now && copies_.StillHolds(file)) {
      file->ask_again_at = now + kAskLaterNanos;
    } else if (file->ask_again_at <= now) {
      file->original = nullptr;
      Resolve(file);
    }
    if (file->waiting) next = std::min(next, file->ask_again_at);
  }
  return next;
}

}  // namespace sluice::agent
