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
  // Sets of files, in which they are found by a key that they hold.
  using Inode = std::pair<uint64_t, uint64_t>;  // device, inode
  struct ByPath {
    static std::string_view Key(const TailedFile* file) { return file->path; }
    static std::string_view Key(std::string_view path) { return path; }
  };
  struct ByInode {
    static Inode Key(const TailedFile* file) { return {file->device, file->inode}; }
    static Inode Key(const Inode& inode) { return inode; }
  };
  template <typename By>
  struct HashOf {
    using is_transparent = void;
    size_t operator()(const auto& held) const { return absl::HashOf(By::Key(held)); }
  };
  template <typename By>
  struct SameKey {
    using is_transparent = void;
    bool operator()(const auto& a, const auto& b) const { return By::Key(a) == By::Key(b); }
  };
  template <typename By>
  using Set = absl::flat_hash_set<TailedFile*, HashOf<By>, SameKey<By>>;

  std::vector<std::unique_ptr<TailedFile>> files_;
  Set<ByPath> by_path_;
  Set<ByInode> by_inode_;
};

}  // namespace sluice::agent
