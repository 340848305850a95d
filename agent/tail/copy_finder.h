// Tells copies from new files: what copytruncate leaves behind, and what a compressor makes of a file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "agent/tail/file_memory.h"
#include "agent/tail/file_table.h"
#include "agent/tail/generations.h"
#include "agent/tail/open_files.h"
#include "agent/tail/sent_before.h"
#include "agent/tail/unreadable_paths.h"
#include "base/clock.h"
#include "base/file_system.h"

namespace sluice::agent {

// Compares a file whose inode nobody knows with those that are followed, and with what is remembered of others. One
// thread.
class CopyFinder {
 public:
  // All of them outlive it.
  struct View {
    FileSystem* file_system;
    const Clock* clock;
    const FileTable* table;
    FileMemory* memory;
    Generations* generations;
    OpenFiles* open_files;
    const SentBefore* sent_before;
    const UnreadablePaths* unreadable;
  };

  // What a file turns out to be.
  enum class Origin {
    kNew,
    kCopy,       // of what was read before, under an identity that is known
    kWaits,      // so far it holds what its `original` holds
    kDecoding,   // more of an archive has to be decoded to tell
    kUndecided,  // it cannot be told at the moment
  };

  // A compressed file that ends in the middle is being written until nobody wrote to it for `archive_patience`.
  CopyFinder(const View& view, absl::Duration archive_patience);

  // `stat` is of the open `file`. Sets its `original` if it waits, and fills `found` if it is a copy.
  Origin Find(TailedFile* file, const FileStat& stat, Resumption* found);
  // True if nothing has changed since an archive was found to hold what its original holds.
  bool StillHolds(TailedFile* archive);

 private:
  Origin CompareWithOthers(TailedFile* file, const FileStat& stat, const std::string& head, Resumption* found);
  Origin CompareWithFollowed(TailedFile* file, const FileStat& stat, std::string_view head);
  Origin CompareWithRemembered(TailedFile* file, const FileStat& stat, std::string_view head, Resumption* found);
  Origin Continues(TailedFile* file, const FileStat& disk, const v1::FileWatermark& known, std::string_view head,
                   Resumption* found);
  Origin HoldsSame(TailedFile* file, TailedFile* other, std::string_view head);
  Origin CompareContent(TailedFile* file, TailedFile* other, uint64_t other_size, std::string_view head);
  Origin CompareArchive(TailedFile* file, TailedFile* other, uint64_t other_size);
  Origin UnlessBeingWritten(TailedFile* file, const FileStat& stat);
  bool MayBeWritten(const TailedFile& file, const FileStat& stat) const;
  bool IsOriginalUnreadable(const TailedFile& file) const;
  bool MayBeCopy(const TailedFile& file, const FileStat& stat) const;
  struct Present {
    std::string path;
    FileStat stat;
  };
  std::optional<Present> FindPresent(const TailedFile& file) const;
  TailedFile* PresentOf(const TailedFile& file) const;
  bool MayMoveOn(const TailedFile& copy, const v1::FileIdentity& identity) const;
  bool HasMovedOn(const TailedFile& copy, const v1::FileWatermark& known) const;

  FileSystem* const file_system_;
  const Clock* const clock_;
  const FileTable* const table_;
  FileMemory* const memory_;
  Generations* const generations_;
  OpenFiles* const open_files_;
  const SentBefore* const sent_before_;
  const UnreadablePaths* const unreadable_;
  const absl::Duration archive_patience_;
};

}  // namespace sluice::agent
