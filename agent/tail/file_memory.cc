#include "agent/tail/file_memory.h"

#include <algorithm>
#include <array>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "base/status.h"

namespace sluice::agent {
namespace {

absl::StatusOr<bool> IsGrownFrom(const v1::FileWatermark& known, const FileStat& stat, ReadableFile* file) {
  if (stat.size < known.end_offset() || known.frontier().length() > known.end_offset()) return false;
  SLUICE_ASSIGN_OR_RETURN(bool same_head, HasContent(file, 0, known.head()));
  if (!same_head) return false;
  return HasContent(file, known.end_offset() - known.frontier().length(), known.frontier());
}

}  // namespace

bool BeginsWith(std::string_view head, const v1::ContentHash& known) {
  return known.length() > 0 && known.length() <= head.size() && SameHash(HashOf(head.substr(0, known.length())), known);
}

absl::StatusOr<bool> HasContent(ReadableFile* file, uint64_t offset, const v1::ContentHash& hash) {
  std::array<char, kHeadBytes> buffer;
  if (hash.length() > buffer.size()) return false;  // of no version of ours
  SLUICE_ASSIGN_OR_RETURN(size_t size, file->ReadAt(offset, buffer.data(), hash.length()));
  return size == hash.length() && SameHash(HashOf({buffer.data(), size}), hash);
}

absl::StatusOr<std::string> BytesAt(ReadableFile* file, uint64_t offset, size_t size) {
  std::string bytes(size, '\0');
  SLUICE_ASSIGN_OR_RETURN(size_t found, file->ReadAt(offset, bytes.data(), size));
  bytes.resize(found);
  return bytes;
}

absl::StatusOr<bool> ExtendHead(ReadableFile* file, v1::ContentHash* head) {
  std::array<char, kHeadBytes> buffer;
  SLUICE_ASSIGN_OR_RETURN(size_t size, file->ReadAt(0, buffer.data(), buffer.size()));
  if (size < head->length() || !SameHash(HashOf({buffer.data(), head->length()}), *head)) return false;
  *head = HashOf({buffer.data(), size});
  return true;
}

v1::ContentHash HashOf(std::string_view bytes) {
  v1::ContentHash hash;
  if (bytes.empty()) return hash;  // as what was never hashed
  hash.set_length(static_cast<uint32_t>(bytes.size()));
  hash.set_xxh3(Xxh3(bytes));
  return hash;
}

FileMemory::Key FileMemory::KeyOf(const v1::FileIdentity& file) {
  return {file.inode(), file.birth_time_unix_nano(), file.device(), file.generation()};
}

void FileMemory::Learn(const v1::FileWatermark& watermark) {
  auto [it, is_new] = watermarks_.try_emplace(KeyOf(watermark.file()), Entry{watermark, 0});
  it->second.learnt = ++learnt_;
  v1::FileWatermark& known = it->second.watermark;
  if (watermark.end_offset() < known.end_offset()) return;
  const bool finished = known.finished() && watermark.end_offset() == known.end_offset();
  known = watermark;
  if (finished) known.set_finished(true);  // the collector knows nothing of it
}

const v1::FileWatermark* FileMemory::Newest(const FileStat& stat) const {
  const v1::FileWatermark* newest = nullptr;
  auto it = watermarks_.lower_bound(Key{stat.inode, stat.birth_unix_nano, 0, 0});
  for (; it != watermarks_.end() && it->first.inode == stat.inode && it->first.birth == stat.birth_unix_nano; ++it) {
    const v1::FileWatermark& candidate = it->second.watermark;
    bool same_device = it->first.device == stat.device;
    if (!same_device && stat.birth_unix_nano == 0) continue;
    bool newest_same_device = newest != nullptr && newest->file().device() == stat.device;
    bool better = newest == nullptr || (same_device && !newest_same_device) ||
                  (same_device == newest_same_device && candidate.file().generation() > newest->file().generation());
    if (better) newest = &candidate;
  }
  return newest;
}

const v1::FileWatermark* FileMemory::Find(const v1::FileIdentity& file) const {
  auto it = watermarks_.find(KeyOf(file));
  return it == watermarks_.end() ? nullptr : &it->second.watermark;
}

std::vector<const v1::FileWatermark*> FileMemory::All() const {
  std::vector<const v1::FileWatermark*> all;
  all.reserve(watermarks_.size());
  for (const auto& [key, entry] : watermarks_) all.push_back(&entry.watermark);
  return all;
}

void FileMemory::LearnCopy(const v1::FileIdentity& copy, const v1::FileIdentity& original) {
  Key key = KeyOf(copy);
  key.generation = 0;  // who it is by its inode
  originals_[key] = original;
  has_new_copies_ = true;
}

void FileMemory::ForgetCopy(const FileStat& copy) {
  originals_.erase(Key{copy.inode, copy.birth_unix_nano, copy.device, 0});
}

const v1::FileIdentity* FileMemory::OriginalOf(const FileStat& copy) const {
  auto it = originals_.find(Key{copy.inode, copy.birth_unix_nano, copy.device, 0});
  return it == originals_.end() ? nullptr : &it->second;
}

void FileMemory::AddTo(v1::AgentCheckpoint* checkpoint) {
  has_new_copies_ = false;
  for (const auto& [key, entry] : watermarks_) *checkpoint->add_files() = entry.watermark;
  for (const auto& [key, original] : originals_) {
    v1::CopiedFile* copied = checkpoint->add_copies();
    copied->mutable_copy()->set_device(key.device);
    copied->mutable_copy()->set_inode(key.inode);
    copied->mutable_copy()->set_birth_time_unix_nano(key.birth);
    *copied->mutable_original() = original;
  }
}

void FileMemory::Learn(const v1::AgentCheckpoint& checkpoint) {
  for (const v1::FileWatermark& file : checkpoint.files()) Learn(file);
  for (const v1::CopiedFile& copied : checkpoint.copies()) LearnCopy(copied.copy(), copied.original());
}

void FileMemory::Trim(size_t count) {
  if (watermarks_.size() <= count) return;
  ForgetOldest(count);
  std::erase_if(originals_, [this](const auto& item) { return !watermarks_.contains(KeyOf(item.second)); });
}

void FileMemory::ForgetOldest(size_t count) {
  if (count == 0) return watermarks_.clear();
  std::vector<uint64_t> ages;
  ages.reserve(watermarks_.size());
  for (const auto& [key, entry] : watermarks_) ages.push_back(entry.learnt);
  auto limit = ages.begin() + static_cast<std::ptrdiff_t>(ages.size() - count);
  std::nth_element(ages.begin(), limit, ages.end());
  uint64_t oldest_kept = *limit;
  std::erase_if(watermarks_, [oldest_kept](const auto& item) { return item.second.learnt < oldest_kept; });
}

absl::StatusOr<Resumption> Resume(const FileMemory& memory, const FileStat& stat, ReadableFile* file) {
  Resumption result;
  result.identity.set_device(stat.device);
  result.identity.set_inode(stat.inode);
  result.identity.set_birth_time_unix_nano(stat.birth_unix_nano);
  const v1::FileWatermark* known = memory.Newest(stat);
  if (known == nullptr) return result;
  SLUICE_ASSIGN_OR_RETURN(bool grown, IsGrownFrom(*known, stat, file));
  if (!grown) {
    result.replaced = known->end_offset() > 0;
    result.identity.set_generation(known->file().generation() + (result.replaced ? 1 : 0));
    return result;
  }
  result.identity = known->file();
  result.offset = known->end_offset();
  result.frontier = known->frontier();
  result.head = known->head();
  result.path = known->path();
  result.known = true;
  return result;
}

}  // namespace sluice::agent
