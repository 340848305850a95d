// One process per directory: a lock that the kernel drops when its holder dies.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace sluice {

// Holds an exclusive flock(2) on a file as long as it lives. The file stays behind: only the lock counts, and removing
// it would let two processes lock two files of one name. Not thread-safe.
//
//   SLUICE_ASSIGN_OR_RETURN(LockFile lock, LockFile::Acquire(JoinPath(directory, "lock"), "--state-dir"));
class LockFile {
 public:
  // Creates the file if needed and writes this process's id into it, for people and for the error of the next one.
  // FailedPrecondition if another holds it: "… is used by another process (pid 123): stop it or choose another
  // --state-dir", after two seconds, see Patience. `flag` names what to change.
  static absl::StatusOr<LockFile> Acquire(const std::string& path, std::string_view flag);

  LockFile(LockFile&& other) noexcept;
  LockFile& operator=(LockFile&& other) noexcept;
  ~LockFile();  // Releases

 private:
  explicit LockFile(int descriptor) : descriptor_(descriptor) {}

  int descriptor_;  // -1: moved from
};

}  // namespace sluice
