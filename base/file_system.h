// The file system, behind a seam: the agent's only way to files, so that tests can give it a faulty one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace sluice {

enum class FileType { kRegular, kDirectory, kSymlink, kOther };

struct FileStat {
  FileType type = FileType::kOther;
  uint64_t device = 0;
  uint64_t inode = 0;
  uint64_t birth_unix_nano = 0;  // 0 where the file system keeps none
  uint64_t size = 0;
  uint64_t links = 0;  // 0: deleted, kept alive by whoever has it open
  int64_t modified_unix_nano = 0;
};

struct DirectoryEntry {
  std::string name;
  FileType type = FileType::kOther;  // of the entry itself: a symlink is kSymlink
  uint64_t inode = 0;                // of what is there, where nothing is mounted on it
  friend bool operator==(const DirectoryEntry&, const DirectoryEntry&) = default;
};

// An open regular file. One thread at a time.
class ReadableFile {
 public:
  virtual ~ReadableFile() = default;
  // Reads up to `size` bytes at `offset`; fewer only at the end of the file.
  virtual absl::StatusOr<size_t> ReadAt(uint64_t offset, char* buffer, size_t size) = 0;
  virtual absl::StatusOr<FileStat> Stat() = 0;
};

// A file that is written at its end. One thread at a time.
class AppendableFile {
 public:
  virtual ~AppendableFile() = default;
  // All of it, or an error; then a part of it may have been written.
  virtual absl::Status Append(std::string_view bytes) = 0;
  virtual absl::StatusOr<FileStat> Stat() = 0;
};

// Thread-safe. Errors carry the path and the system's reason; NotFound and PermissionDenied as such, ResourceExhausted
// for a full disk or too many open files.
class FileSystem {
 public:
  virtual ~FileSystem() = default;

  // FailedPrecondition if it is no regular file. Never blocks on a FIFO or a device. Follows symlinks.
  virtual absl::StatusOr<std::unique_ptr<ReadableFile>> OpenForRead(const std::string& path) = 0;
  // Creates the file if it is missing, for its owner alone (0600).
  virtual absl::StatusOr<std::unique_ptr<AppendableFile>> OpenForAppend(const std::string& path) = 0;
  // Of what a symlink points to with `follow`, else of the symlink itself.
  virtual absl::StatusOr<FileStat> Stat(const std::string& path, bool follow) = 0;
  virtual absl::StatusOr<std::vector<DirectoryEntry>> List(const std::string& directory) = 0;

  // The name of the file system that holds `path` if the kernel does not tell of all changes in it: another host or a
  // program behind it may write ("nfs", "fuse", …). Empty if it tells.
  virtual absl::StatusOr<std::string> Unwatchable(const std::string& path) = 0;
  // InvalidArgument if it is larger than `size_max`.
  virtual absl::StatusOr<std::string> ReadFile(const std::string& path, size_t size_max) = 0;
  // Creates or replaces a file and syncs its content (not its directory).
  virtual absl::Status WriteFile(const std::string& path, std::string_view content) = 0;
  // Writes over the beginning of a file that is at least as large, and syncs that: its size and its blocks stay, so the
  // file system has nothing to note down of its own, and nobody else's writes are waited for. A crash may leave a
  // mixture of old and new. NotFound if there is no such file, FailedPrecondition if it is smaller.
  virtual absl::Status Overwrite(const std::string& path, std::string_view content) = 0;
  virtual absl::Status Rename(const std::string& from, const std::string& to) = 0;
  virtual absl::Status Remove(const std::string& path) = 0;
  // Makes renames and new names in a directory durable.
  virtual absl::Status SyncDirectory(const std::string& directory) = 0;
  // With all that is missing above it. The last one is made for its owner alone (0700).
  virtual absl::Status CreateDirectories(const std::string& directory) = 0;
};

// The host's. Never null, never destroyed.
FileSystem* HostFileSystem();

// Raises this process's limit of open files as far as it is allowed to; how many it may have open then.
size_t RaiseOpenFilesLimit();

// "a/b" + "c" → "a/b/c".
std::string JoinPath(std::string_view directory, std::string_view name);
// "/a/b/c" → "/a/b"; "c" → ".".
std::string_view DirectoryOf(std::string_view path);
// "/a/b/c" → "c".
std::string_view BaseNameOf(std::string_view path);

}  // namespace sluice
