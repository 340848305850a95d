#include "agent/tail/file_table.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "agent/tail/file_memory.h"

namespace sluice::agent {

TailedFile* FileTable::FindByPath(const std::string& path) const {
  auto it = by_path_.find(path);
  return it == by_path_.end() ? nullptr : *it;
}

TailedFile* FileTable::FindByInode(uint64_t device, uint64_t inode) const {
  auto it = by_inode_.find(Inode(device, inode));
  return it == by_inode_.end() ? nullptr : *it;
}

TailedFile* FileTable::FindByIdentity(const v1::FileIdentity& identity) const {
  const auto found = std::find_if(files_.begin(), files_.end(), [&](const std::unique_ptr<TailedFile>& file) {
    return file->resolved && SameIdentity(file->identity, identity);
  });
  return found == files_.end() ? nullptr : found->get();
}

TailedFile* FileTable::Add(std::unique_ptr<TailedFile> file) {
  TailedFile* added = file.get();
  if (!added->path.empty()) by_path_.insert(added);
  by_inode_.insert(added);
  files_.push_back(std::move(file));
  return added;
}

void FileTable::MoveTo(TailedFile* file, const std::string& path) {
  LosePath(file);
  file->path = path;
  by_path_.insert(file);
}

void FileTable::LosePath(TailedFile* file) {
  if (file->path.empty()) return;
  by_path_.erase(file);
  file->path.clear();
}

void FileTable::Drop(TailedFile* file) {
  LosePath(file);
  by_inode_.erase(file);
  std::erase_if(files_, [file](const auto& owned) { return owned.get() == file; });
}

void FileTable::ForEach(const std::function<void(TailedFile*)>& visit) const {
  for (const auto& file : files_) visit(file.get());
}

std::vector<TailedFile*> FileTable::Where(const std::function<bool(const TailedFile&)>& predicate) const {
  std::vector<TailedFile*> found;
  for (const auto& file : files_) {
    if (predicate(*file)) found.push_back(file.get());
  }
  return found;
}

}  // namespace sluice::agent
