#include "agent/tail/generations.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "agent/tail/rotation_name.h"

namespace sluice::agent {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

const std::string& PathOf(const TailedFile& file) { return file.path.empty() ? file.last_path : file.path; }

uint64_t AgeOf(const TailedFile& file) { return ParseRotationName(BaseNameOf(PathOf(file))).age; }

// What all generations of a file have in common.
std::string RowOf(const TailedFile& file) {
  const std::string& path = PathOf(file);
  return JoinPath(DirectoryOf(path), ParseRotationName(BaseNameOf(path)).stem);
}

// By their names. Of two with the same, the one that has lost it was there first, and an archive is made of a plain
// file.
bool IsOlder(const TailedFile& a, const TailedFile& b) {
  auto key = [](const TailedFile& file) {
    return std::tuple(std::numeric_limits<uint64_t>::max() - AgeOf(file), !file.path.empty(), file.is_archive);
  };
  return key(a) < key(b);
}

bool IsPassed(const TailedFile& file) {
  return file.released || (file.waiting && file.original != nullptr && !file.original_emptied);
}

// By the time of their last changes. Compressors keep that of the original, but some only its seconds, and while they
// are at work the archive is new: then, and within the kernel's tick, names tell what times cannot.
void SortByAge(std::vector<TailedFile*>* files) {
  struct Row {
    bool has_archives = false;
    absl::flat_hash_map<uint64_t, int64_t> plain;  // when the plain file of an age was changed
  };
  absl::flat_hash_map<std::string, Row> rows;
  for (const TailedFile* file : *files) {
    Row& row = rows[RowOf(*file)];
    row.has_archives |= file->is_archive;
    if (!file->is_archive) row.plain[AgeOf(*file)] = file->modified_unix_nano;
  }
  using Key = std::tuple<bool, int64_t, uint64_t, bool, bool, int64_t, std::string>;
  std::vector<std::pair<Key, TailedFile*>> keyed;
  keyed.reserve(files->size());
  for (TailedFile* file : *files) {
    const Row& row = rows[RowOf(*file)];
    const uint64_t age = AgeOf(*file);
    int64_t modified = file->modified_unix_nano;
    if (auto original = row.plain.find(age); file->is_archive && original != row.plain.end()) {
      modified = original->second;
    }
    const int64_t coarse = row.has_archives ? modified - modified % kSecond : modified;
    const uint64_t youth = std::numeric_limits<uint64_t>::max() - age;
    const bool is_live = age == 0 && !file->path.empty();  // though the one before it may be written to for longer
    keyed.push_back({{is_live, coarse, youth, !file->path.empty(), file->is_archive, modified, PathOf(*file)}, file});
  }
  std::sort(keyed.begin(), keyed.end());
  std::transform(keyed.begin(), keyed.end(), files->begin(), [](const auto& item) { return item.second; });
}

}  // namespace

void Generations::Enter(TailedFile* file) {
  if (!file->row.empty()) return;
  file->row = RowOf(*file);
  std::vector<TailedFile*>& row = rows_[file->row];
  // One that has lost its name was there before whatever is met now; its last name may be one that it had long ago.
  auto comes_first = [file](const TailedFile& other) {
    return other.path.empty() && !file->path.empty() ? false : IsOlder(*file, other);
  };
  auto place = row.end();
  while (place != row.begin() && comes_first(**(place - 1))) --place;
  row.insert(place, file);
}

void Generations::EnterAll(std::vector<TailedFile*>* files) {
  SortByAge(files);
  for (TailedFile* file : *files) {
    if (!file->row.empty() || file->is_stream) continue;
    file->row = RowOf(*file);
    rows_[file->row].push_back(file);
  }
}

bool Generations::Leave(TailedFile* file) {
  if (file->row.empty()) return false;
  auto row = rows_.find(file->row);
  std::erase(row->second, file);
  if (row->second.empty()) {
    rows_.erase(row);
  } else {
    Rotated(file);
  }
  std::string().swap(file->row);
  return true;
}

void Generations::Rotated(TailedFile* file) {
  Forget(file);
  file->before_row = file->row.empty() ? RowOf(*file) : file->row;
  TailedFile*& before = before_[file->before_row];
  if (before != nullptr) before->before_row.clear();
  before = file;
}

TailedFile* Generations::Before(const TailedFile& file) const {
  if (before_.empty()) return nullptr;
  auto before = before_.find(RowOf(file));
  if (before == before_.end() || before->second == &file) return nullptr;
  return before->second->row.empty() && IsOlder(*before->second, file) ? before->second : nullptr;
}

bool Generations::ComeBack(TailedFile* before) {
  if (before->before_row.empty() || before->released) return false;
  if (before->row.empty()) {
    before->row = before->before_row;
    std::vector<TailedFile*>& row = rows_[before->row];
    row.insert(row.begin(), before);
  }
  return before->row == before->before_row;
}

void Generations::Forget(TailedFile* file) {
  if (file->before_row.empty()) return;
  before_.erase(file->before_row);
  file->before_row.clear();
}

bool Generations::IsOlderName(const TailedFile& a, const TailedFile& b) {
  return AgeOf(a) > AgeOf(b) && RowOf(a) == RowOf(b);
}

bool Generations::IsBehind(const TailedFile& file) const {
  if (rows_.empty()) return false;
  auto row = rows_.find(file.row.empty() ? RowOf(file) : file.row);
  if (row == rows_.end()) return false;
  for (const TailedFile* first : row->second) {
    if (first == &file) return false;
    if (!IsPassed(*first)) return !file.row.empty() || IsOlder(*first, file);
  }
  return false;
}

}  // namespace sluice::agent
