// The descriptors of the files that are followed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "agent/tail/file_table.h"
#include "agent/tail/tailed_file.h"
#include "base/file_system.h"

namespace sluice::agent {

// Opens files when they are needed, and closes those that are idle when there are too many. One thread.
class OpenFiles {
 public:
  // Above `open_max`, those that were idle for longest are closed. Both outlive it.
  OpenFiles(FileSystem* file_system, FileTable* table, size_t open_max);

  // What `path` holds; plain, if it is compressed. Of a file that is not followed yet.
  absl::StatusOr<std::unique_ptr<ReadableFile>> Open(TailedFile* file, const std::string& path);
  // `file`, which is open, is followed from now on.
  void Added(const TailedFile* file);
  // Opens a file that was closed. NotFound if it is gone.
  absl::Status EnsureOpen(TailedFile* file);
  void Close(TailedFile* file);
  // Closes idle files of which nothing was heard since then, monotonic.
  void CloseIdleSince(int64_t moment);

  // False if its path leads to another file, or to none.
  bool StillHasPath(const TailedFile& file) const;
  // Of the file itself, also if it is closed.
  absl::StatusOr<FileStat> StatOf(const TailedFile& file) const;
  // The path of a file that was renamed to what no source includes: looks in the directory in which it was met. Empty
  // if it is not there; a closed file's inode may be another's by now, so without a birth time it is not known again.
  std::string FindPath(const TailedFile& file) const;

 private:
  void CloseSomeIdle(const TailedFile* keep);

  FileSystem* const file_system_;
  FileTable* const table_;
  const size_t open_max_;
  size_t open_ = 0;
};

}  // namespace sluice::agent
