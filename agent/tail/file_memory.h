// What is known of files from before: the checkpoint's word and the collector's.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/tail/mark.h"
#include "base/file_system.h"
#include "sluice/v1/checkpoint.pb.h"
#include "sluice/v1/ingest_service.pb.h"

namespace sluice::agent {

// The hash windows: the first bytes of a file, and the bytes just before a place in it.
inline constexpr size_t kHeadBytes = 1024;
inline constexpr size_t kFrontierBytes = 256;

v1::ContentHash HashOf(std::string_view bytes);
inline bool SameHash(const v1::ContentHash& a, const v1::ContentHash& b) {
  return a.length() == b.length() && a.xxh3() == b.xxh3();
}

inline bool SameIdentity(const v1::FileIdentity& a, const v1::FileIdentity& b) {
  return a.inode() == b.inode() && a.generation() == b.generation() && a.device() == b.device() &&
         a.birth_time_unix_nano() == b.birth_time_unix_nano();
}

// True if what a file begins with is what `known` is the hash of; an empty one is of nothing.
bool BeginsWith(std::string_view head, const v1::ContentHash& known);

// Up to `size` bytes at `offset`; fewer at the end.
absl::StatusOr<std::string> BytesAt(ReadableFile* file, uint64_t offset, size_t size);

// True if the bytes of the file from `offset` on are those that `hash` is of.
absl::StatusOr<bool> HasContent(ReadableFile* file, uint64_t offset, const v1::ContentHash& hash);

// Makes `head`, the hash of the bytes with which a file began, that of the first kHeadBytes, as far as it has them now.
// False if it begins with others.
absl::StatusOr<bool> ExtendHead(ReadableFile* file, v1::ContentHash* head);

// The watermarks of files by inode, also of files that are not there (any more). One thread.
class FileMemory {
 public:
  // Learns a watermark; of two of the same file and generation the one that is further along stays.
  void Learn(const v1::FileWatermark& watermark);

  // The newest generation that is known of an inode. Where the birth time is known, one with another device is the same
  // file, too: device numbers may change when the host starts again.
  const v1::FileWatermark* Newest(const FileStat& stat) const;
  // This very generation.
  const v1::FileWatermark* Find(const v1::FileIdentity& file) const;

  // A file that is a copy of another goes on under that one's identity.
  void LearnCopy(const v1::FileIdentity& copy, const v1::FileIdentity& original);
  void ForgetCopy(const FileStat& copy);
  // Null if it is no copy.
  const v1::FileIdentity* OriginalOf(const FileStat& copy) const;
  // True if a copy was learnt since the last AddTo.
  bool HasNewCopies() const { return has_new_copies_; }
  // All that is known, for the checkpoint.
  void AddTo(v1::AgentCheckpoint* checkpoint);
  void Learn(const v1::AgentCheckpoint& checkpoint);

  // All, in a stable order.
  std::vector<const v1::FileWatermark*> All() const;
  size_t size() const { return watermarks_.size(); }
  // Forgets the ones learnt first until at most `count` are left, and copies of what is forgotten.
  void Trim(size_t count);

 private:
  struct Key {
    uint64_t inode;
    uint64_t birth;
    uint64_t device;
    uint32_t generation;
    friend auto operator<=>(const Key&, const Key&) = default;
  };
  struct Entry {
    v1::FileWatermark watermark;
    uint64_t learnt;  // when, counted
  };
  void ForgetOldest(size_t count);
  static Key KeyOf(const v1::FileIdentity& file);

  std::map<Key, Entry> watermarks_;
  std::map<Key, v1::FileIdentity> originals_;  // of copies
  bool has_new_copies_ = false;
  uint64_t learnt_ = 0;
};

// How a file that was found fits what is known of it.
struct Resumption {
  v1::FileIdentity identity;
  uint64_t offset = 0;              // where to go on
  v1::ContentHash frontier;         // of the bytes before it
  std::optional<Mark> sent;         // up to where more is under way already
  v1::ContentHash head;             // of the first ones, as they were when it was left
  std::optional<std::string> path;  // under which it was known
  bool known = false;               // goes on where it was left
  bool shorter = false;             // a copy that ends before that
  bool replaced = false;            // the inode is known, its content is another: it was truncated, rewritten or reused
};

// Decides from the file's content. An error is the file's.
absl::StatusOr<Resumption> Resume(const FileMemory& memory, const FileStat& stat, ReadableFile* file);

}  // namespace sluice::agent
