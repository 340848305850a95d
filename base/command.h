// Runs another program.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/cancellation.h"

namespace sluice {

struct CommandRun {
  // The program, looked for in PATH if its name has no '/', and its arguments. No shell.
  std::vector<std::string> argv;
  // Added to this process's own environment.
  std::vector<std::pair<std::string, std::string>> environment = {};
  // On its standard input, which then ends. Its standard output goes to this process's standard error.
  std::string input = {};
  absl::Duration timeout = absl::Seconds(10);
};

// Blocks until it has ended. OK if it exits with 0. NotFound or PermissionDenied if it cannot be started,
// FailedPrecondition for another exit code or a signal, DeadlineExceeded and Cancelled when it was killed with all that
// it started in its process group. Thread-safe. The process ignores SIGPIPE,
// as StopSignal makes it.
absl::Status RunCommand(const CommandRun& run, const Cancellation* cancellation);

}  // namespace sluice
