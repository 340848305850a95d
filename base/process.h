// The process itself: its CPU time, its priority, its terminal, its standard input and output.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/status/status.h"

namespace sluice {

// CPU time that all threads of this process took so far, nanoseconds.
int64_t ProcessCpuNanos();

// How the disk serves a process among others.
struct IoPriority {
  bool idle = false;  // only when nobody else wants the disk
  int level = 4;      // best effort: 0 (first) to 7 (last)
  friend bool operator==(const IoPriority&, const IoPriority&) = default;
};

// "idle", "best-effort:0" to "best-effort:7"; none for anything else.
std::optional<IoPriority> ParseIoPriority(std::string_view text);

// Both hold for the calling thread and for those that it starts from then on: call them before any other is started.
// PermissionDenied if it would be more than the process may have.
absl::Status SetNice(int nice);
absl::Status SetIoPriority(const IoPriority& priority);

// True if standard error is a terminal.
bool StderrIsTerminal();

// The descriptors 0 to 2, if they are closed, are taken by something that cannot be read, or written: otherwise the
// next files and sockets that are opened get these numbers, and are taken for standard input and output. Programs
// do so before anything is opened.
void OccupyStandardDescriptors();

// FailedPrecondition if standard input is closed, or cannot be read because it is open for writing.
absl::Status CheckStandardInput();

}  // namespace sluice
