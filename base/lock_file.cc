#include "base/lock_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cctype>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/file_system.h"
#include "base/patience.h"
#include "base/status.h"
#include "base/strings.h"

namespace sluice {
namespace {

// The process id that the holder wrote; empty if it has not, or could not.
std::string ReadPid(int descriptor) {
  char buffer[24];
  const ssize_t size = pread(descriptor, buffer, sizeof buffer, 0);
  std::string pid;
  for (ssize_t i = 0; i < size && std::isdigit(static_cast<unsigned char>(buffer[i])); ++i) pid.push_back(buffer[i]);
  return pid;
}

// Only for people, so that a full disk is no reason to give up.
void WritePid(int descriptor) {
  const std::string pid = StrCat(getpid(), "\n");
  if (ftruncate(descriptor, 0) != 0) return;
  [[maybe_unused]] const ssize_t written = pwrite(descriptor, pid.data(), pid.size(), 0);
}

absl::Status Failure(int error, const std::string& path) {
  return absl::ErrnoToStatus(error, StrCat("cannot lock ", path));
}

absl::Status InUse(int descriptor, const std::string& path, std::string_view flag) {
  const std::string pid = ReadPid(descriptor);
  return FailedPrecondition(DirectoryOf(path), " is used by another process",
                            pid.empty() ? "" : StrCat(" (pid ", pid, ")"), ": stop it or choose another ", flag);
}

}  // namespace

absl::StatusOr<LockFile> LockFile::Acquire(const std::string& path, std::string_view flag) {
  LockFile lock(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (lock.descriptor_ < 0) return Failure(errno, path);
  Patience patience;
  while (flock(lock.descriptor_, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EINTR && errno != EWOULDBLOCK) return Failure(errno, path);
    if (!patience.Wait()) return InUse(lock.descriptor_, path, flag);
  }
  WritePid(lock.descriptor_);
  return lock;
}

LockFile::LockFile(LockFile&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

LockFile& LockFile::operator=(LockFile&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

LockFile::~LockFile() {
  if (descriptor_ >= 0) close(descriptor_);
}

}  // namespace sluice
