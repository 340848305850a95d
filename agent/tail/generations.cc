#include "agent/tail/generations.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "agent/tail/rotation_name.h"
#include "base/file_system.h"

namespace sluice::agent {
namespace {

constexpr int64_t kSecond = 1'000'000'000;
constexpr uint32_t kNoPlace = std::numeric_limits<uint32_t>::max();

RotationName NameOf(const TailedFile& file) { return ParseRotationName(BaseNameOf(PathOf(file))); }

// What the paths of all generations of a file have in common: that of the one that is written now.
std::string RowOf(const std::string& path) {
  return JoinPath(DirectoryOf(path), ParseRotationName(BaseNameOf(path)).stem);
}
std::string RowOf(const TailedFile& file) { return RowOf(PathOf(file)); }

// A copy that waits is read from its original, and what no source includes is not read at all.
bool IsPassed(const TailedFile& file) {
  return file.released || (file.waiting && file.original != nullptr && !file.original_emptied);
}

// A file, and what its name tells.
struct Named {
  TailedFile* file;
  uint64_t age;

  bool IsLive() const { return age == 0 && !file->is_archive; }
  bool IsNumbered() const { return age > 0 && !IsDateAge(age); }
};

// Most programs call the youngest rotated file "app.log.1"; some count upwards: then the highest number was changed
// last. Told by the files of one kind: an archive in the making is younger than its original.
bool CountsUp(const std::vector<Named>& named) {
  for (const bool is_archive : {false, true}) {
    const Named* lowest = nullptr;
    const Named* highest = nullptr;
    for (const Named& item : named) {
      if (item.file->is_archive != is_archive || !item.IsNumbered()) continue;
      if (lowest == nullptr || item.age < lowest->age) lowest = &item;
      if (highest == nullptr || item.age > highest->age) highest = &item;
    }
    if (lowest == highest) continue;
    return highest->file->modified_unix_nano - lowest->file->modified_unix_nano > kSecond;
  }
  return false;
}

void SortByName(std::vector<Named>* named) {
  const bool counts_up = CountsUp(*named);
  auto key = [counts_up](const Named& item) {
    const bool ascends = counts_up && item.IsNumbered();
    const uint64_t youth = ascends ? item.age : std::numeric_limits<uint64_t>::max() - item.age;
    // An archive is made of a plain file; but beside the one that is written now, it holds what came before that.
    return std::tuple(item.IsLive(), !IsDateAge(item.age), youth, item.file->is_archive, item.file->row_place);
  };
  std::sort(named->begin(), named->end(), [&key](const Named& a, const Named& b) { return key(a) < key(b); });
}

// Behind the last rotated file that stood before `gone`, which has lost its name: others may have come before that one.
std::vector<Named>::iterator BehindOlder(const TailedFile& gone, std::vector<Named>* sorted) {
  const auto stood_before = [&gone](const Named& other) {
    return gone.row_place != kNoPlace && !other.IsLive() && other.file->row_place < gone.row_place;
  };
  return std::find_if(sorted->rbegin(), sorted->rend(), stood_before).base();
}

// True if `gone`, which has lost its name, is older than `other`.
bool IsOlder(const TailedFile& gone, const Named& other) {
  if (gone.row_place != kNoPlace) return other.file->row_place == kNoPlace || gone.row_place < other.file->row_place;
  const uint64_t age = NameOf(gone).age;
  if (other.IsLive() || age >= other.age) return true;
  if (IsDateAge(age)) return false;
  // `other` may have got its name, or a higher number, after `gone` had lost its own.
  const uint64_t born = gone.birth_unix_nano;
  const uint64_t other_born = other.file->birth_unix_nano;
  const bool are_plain = !gone.is_archive && !other.file->is_archive;
  // Within one tick of the clock that stamps files the names decide.
  if (are_plain && born > 0 && other_born > 0) return born < other_born;
  return gone.modified_unix_nano < other.file->modified_unix_nano;
}

}  // namespace

void Generations::Join(TailedFile* file) {
  const std::string name = RowOf(*file);
  const bool is_alone = file->path == name && !rows_.contains(name);  // up to now
  if (!is_alone) Put(file, RowNamed(name));
}

// If it is made, the file that is written now stands in it, if it is followed.
GenerationRow* Generations::RowNamed(const std::string& name) {
  std::unique_ptr<GenerationRow>& row = rows_[name];
  if (row != nullptr) return row.get();
  row = std::make_unique<GenerationRow>();
  row->name = name;
  TailedFile* live = table_->FindByPath(name);
  if (live != nullptr && live->row == nullptr) Put(live, row.get());
  return row.get();
}

void Generations::Put(TailedFile* file, GenerationRow* row) {
  if (file->row == row) return;
  file->row = row;
  file->row_place = kNoPlace;
  row->files.push_back(file);
  Unsort(row);
  row->is_told |= !NameOf(*file).is_doubtful;
}

void Generations::JoinRowOf(TailedFile* live, TailedFile* file) {
  if (file->row != nullptr && file->row == live->row) return;
  const bool was_pending = file->is_pending;
  Forget(file);
  Put(file, live->row != nullptr ? live->row : RowNamed(RowOf(*live)));
  Put(live, file->row);
  if (was_pending) Enter(file);
}

void Generations::NoteLive(const std::string& path) {
  if (auto row = rows_.find(path); row != rows_.end()) row->second->is_told = true;
}

void Generations::NoteRotated(const TailedFile& file, const std::string& old_path) {
  if (file.row == nullptr || file.row->is_told || old_path.empty() || file.path.empty()) return;
  file.row->is_told = old_path != file.path && RowOf(old_path) == file.row->name && RowOf(file) == file.row->name;
}

void Generations::Enter(TailedFile* file) {
  if (file->is_stream) return;
  if (file->row == nullptr) Join(file);
  GenerationRow* const row = file->row;
  if (row == nullptr || file->is_pending) return;
  file->is_pending = true;
  ++row->pending;
  row->first_pending = 0;
}

bool Generations::Leave(TailedFile* file) {
  if (!file->is_pending) return false;
  file->is_pending = false;
  --file->row->pending;
  return true;
}

void Generations::Renamed(TailedFile* file) {
  if (file->row == nullptr) return;
  Unsort(file->row);
  NoteRotated(*file, file->last_path);
  const bool is_rotated = !file->path.empty() && NameOf(*file).age > 0;
  if (!is_rotated || DirectoryOf(file->path) != DirectoryOf(file->row->name) || RowOf(*file) == file->row->name) return;
  // It had some other name before it got that of a generation.
  const bool was_pending = file->is_pending;
  Forget(file);
  was_pending ? Enter(file) : Join(file);
}

void Generations::Forget(TailedFile* file) {
  GenerationRow* const row = file->row;
  if (row == nullptr) return;
  Leave(file);
  std::erase(row->files, file);
  Unsort(row);  // their places are others now
  file->row = nullptr;
  if (row->files.empty()) rows_.erase(std::string(row->name));
}

void Generations::Unsort(GenerationRow* row) {
  row->is_sorted = false;
  has_new_order_ = true;
}

void Generations::SortRow(GenerationRow* row) {
  if (row->is_sorted) return;
  row->is_sorted = true;
  row->first_pending = 0;
  std::vector<Named> sorted;
  std::vector<TailedFile*> nameless;
  sorted.reserve(row->files.size());
  for (TailedFile* file : row->files) {
    const bool has_name = !file->path.empty() && RowOf(*file) == row->name;
    has_name ? sorted.push_back({file, NameOf(*file).age}) : nameless.push_back(file);
  }
  SortByName(&sorted);
  // In the order in which they stood, or in which they were made.
  auto key = [](const TailedFile* file) { return std::pair(file->row_place, file->birth_unix_nano); };
  std::sort(nameless.begin(), nameless.end(), [&key](const auto* a, const auto* b) { return key(a) < key(b); });
  auto place_of_next = sorted.begin();
  for (TailedFile* gone : nameless) {
    auto is_younger = [gone](const Named& other) { return IsOlder(*gone, other); };
    const auto place = std::find_if(std::max(place_of_next, BehindOlder(*gone, &sorted)), sorted.end(), is_younger);
    place_of_next = sorted.insert(place, {gone, NameOf(*gone).age}) + 1;
  }
  for (uint32_t place = 0; place < sorted.size(); ++place) {
    row->files[place] = sorted[place].file;
    sorted[place].file->row_place = place;
  }
}

bool Generations::IsBehind(const TailedFile& file) {
  GenerationRow* const row = file.row;
  if (row == nullptr || !row->is_told || row->pending == 0) return false;
  SortRow(row);
  while (row->first_pending < row->files.size() && !row->files[row->first_pending]->is_pending) ++row->first_pending;
  for (size_t place = row->first_pending; place < file.row_place; ++place) {
    if (row->files[place]->is_pending && !IsPassed(*row->files[place])) return true;
  }
  return false;
}

std::vector<TailedFile*> Generations::JustBefore(const TailedFile& file) {
  std::vector<TailedFile*> found;
  if (file.row == nullptr || !file.row->is_told) return found;
  SortRow(file.row);
  for (size_t place = file.row_place; place-- > 0;) {
    TailedFile* const before = file.row->files[place];
    if (before->is_archive || before->spent || before->waiting || before->released || !before->resolved) continue;
    found.push_back(before);
    if (before->size > 0) break;
  }
  return found;
}

bool Generations::IsBeforeContent(const TailedFile& file) {
  if (file.row == nullptr || !file.row->is_told) return false;
  SortRow(file.row);
  auto is_written = [](const TailedFile* other) { return !other->is_archive && !other->waiting && other->size > 0; };
  return std::any_of(file.row->files.begin() + file.row_place + 1, file.row->files.end(), is_written);
}

void Generations::Sort(std::vector<TailedFile*>* files) {
  for (const auto& [name, row] : rows_) SortRow(row.get());
  std::sort(files->begin(), files->end(), [](const TailedFile* a, const TailedFile* b) {
    if (a->row == b->row) return a->row != nullptr && a->row_place < b->row_place;
    return (a->row != nullptr ? a->row->name : PathOf(*a)) < (b->row != nullptr ? b->row->name : PathOf(*b));
  });
}

bool Generations::IsOlderName(const TailedFile& a, const TailedFile& b) {
  return a.row != nullptr && a.row == b.row && a.row->is_told && NameOf(a).age > NameOf(b).age;
}

}  // namespace sluice::agent
