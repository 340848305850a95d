#include "base/process.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>

#include "base/status.h"

namespace sluice {
namespace {

// Of the kernel's interface, ioprio_set(2). The C library has no names for it, and the kernel's own header, as of Linux
// 6.1.192, is no C++.
constexpr int kIoPriorityOfProcess = 1;
constexpr int kIoPriorityClassShift = 13;
constexpr int kIoPriorityBestEffort = 2;
constexpr int kIoPriorityIdle = 3;

}  // namespace

int64_t ProcessCpuNanos() {
  timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);  // cannot fail for this clock
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

std::optional<IoPriority> ParseIoPriority(std::string_view text) {
  constexpr std::string_view kBestEffort = "best-effort:";
  if (text == "idle") return IoPriority{.idle = true};
  if (!text.starts_with(kBestEffort) || text.size() != kBestEffort.size() + 1) return std::nullopt;
  const char level = text.back();
  if (level < '0' || level > '7') return std::nullopt;
  return IoPriority{.idle = false, .level = level - '0'};
}

absl::Status SetNice(int nice) {
  if (setpriority(PRIO_PROCESS, 0, nice) == 0) return absl::OkStatus();
  const int error = errno;
  return PermissionDenied("nice ", nice, ": ", std::strerror(error));
}

absl::Status SetIoPriority(const IoPriority& priority) {
  const int value = (priority.idle ? kIoPriorityIdle : kIoPriorityBestEffort) << kIoPriorityClassShift |
                    (priority.idle ? 0 : priority.level);
  if (syscall(SYS_ioprio_set, kIoPriorityOfProcess, 0, value) == 0) return absl::OkStatus();
  const int error = errno;
  return PermissionDenied("ionice: ", std::strerror(error));
}

bool StderrIsTerminal() { return isatty(STDERR_FILENO) == 1; }

void OccupyStandardDescriptors() {
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(descriptor, F_GETFD) >= 0 || errno != EBADF) continue;
    // The lowest number that is free is this one.
    static_cast<void>(open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY));
  }
}

absl::Status CheckStandardInput() {
  const int flags = fcntl(STDIN_FILENO, F_GETFL);
  if (flags >= 0 && (flags & O_ACCMODE) != O_WRONLY) return absl::OkStatus();
  return absl::FailedPreconditionError("standard input is closed; there is nothing to read");
}

}  // namespace sluice
