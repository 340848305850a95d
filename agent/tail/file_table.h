// All files that are followed, by path and by inode.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/hash/hash.h"
#include "agent/tail/tailed_file.h"

namespace sluice::agent {

// Owns the files. One thread.
class FileTable {
 public:
  TailedFile* FindByPath(const std::string& path) const;
  TailedFile* FindByInode(uint64_t device, uint64_t inode) const;
  // Of those of which it is known who they are: the file itself, or the copy that goes on for it. Looks at all.
  TailedFile* FindByIdentity(const v1::FileIdentity& identity) const;

  // Takes a file with device, inode and its path, if it has one, set; neither may be in the table.
  TailedFile* Add(std::unique_ptr<TailedFile> file);
  // Gives `file` another path, which must be free.
  void MoveTo(TailedFile* file, const std::string& path);
  // No path leads to `file` any more.
  void LosePath(TailedFile* file);
  // Ends following it.
  void Drop(TailedFile* file);

  // In the order in which they were added. `visit` must not change the table.
  void ForEach(const std::function<void(TailedFile*)>& visit) const;
  std::vector<TailedFile*> Where(const std::function<bool(const TailedFile&)>& predicate) const;
  size_t size() const { return files_.size(); }

 private:
  // Sets of files, in which they are found by what they hold.
  using Inode = std::pair<uint64_t, uint64_t>;  // device, inode
  static std::string_view PathKey(const TailedFile* file) { return file->path; }
  static std::string_view PathKey(std::string_view path) { return path; }
  static Inode InodeKey(const TailedFile* file) { return {file->device, file->inode}; }
  static Inode InodeKey(const Inode& inode) { return inode; }
  struct PathHash {
    using is_transparent = void;
    size_t operator()(const auto& key) const { return absl::HashOf(PathKey(key)); }
  };
  struct SamePath {
    using is_transparent = void;
    bool operator()(const auto& a, const auto& b) const { return PathKey(a) == PathKey(b); }
  };
  struct InodeHash {
    using is_transparent = void;
    size_t operator()(const auto& key) const { return absl::HashOf(InodeKey(key)); }
  };
  struct SameInode {
    using is_transparent = void;
    bool operator()(const auto& a, const auto& b) const { return InodeKey(a) == InodeKey(b); }
  };

  std::vector<std::unique_ptr<TailedFile>> files_;
  absl::flat_hash_set<TailedFile*, PathHash, SamePath> by_path_;
  absl::flat_hash_set<TailedFile*, InodeHash, SameInode> by_inode_;
};

}  // namespace sluice::agent
