#include <fcntl.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "absl/time/clock.h"
#include "base/program.h"

namespace sluice {
namespace {

constexpr std::string_view kImpatient = "second signal: ending at once\n";

sigset_t StopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  return signals;
}

// Runs in a signal handler: only what is async-signal-safe.
void ExitAtOnce(int) {
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, kImpatient.data(), kImpatient.size());
  _exit(kExitFailure);
}

void ExitAtNextSignal() {
  struct sigaction action = {};
  action.sa_handler = ExitAtOnce;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  const sigset_t signals = StopSignals();
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

}  // namespace

StopSignal::StopSignal() {
  std::signal(SIGPIPE, SIG_IGN);
  // A shell starts what runs in the background with SIGINT ignored; what is ignored may not be queued.
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
  const sigset_t signals = StopSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  descriptor_ = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
  if (descriptor_ < 0) {  // out of descriptors before the program has begun
    std::perror("signalfd");
    std::exit(kExitFailure);
  }
}

StopSignal::~StopSignal() { close(descriptor_); }

int StopSignal::Wait() {
  while (true) {
    if (const int signal = WaitFor(absl::Hours(24)); signal != 0) return signal;
  }
}

int StopSignal::WaitFor(absl::Duration timeout) {
  const absl::Time deadline = absl::Now() + timeout;
  while (true) {
    const absl::Duration left = std::clamp(deadline - absl::Now(), absl::ZeroDuration(), absl::Hours(24));
    pollfd waiting = {.fd = descriptor_, .events = POLLIN, .revents = 0};
    const int ready =
        poll(&waiting, 1, static_cast<int>(absl::ToInt64Milliseconds(absl::Ceil(left, absl::Milliseconds(1)))));
    if (ready == 0) return 0;
    // What came together, such as a terminal's SIGINT and a supervisor's SIGTERM, is one request to stop.
    int first = 0;
    signalfd_siginfo info;
    while (read(descriptor_, &info, sizeof info) == sizeof info) {
      if (first == 0) first = static_cast<int>(info.ssi_signo);
    }
    if (first != 0) {
      ExitAtNextSignal();
      return first;
    }
  }
}

}  // namespace sluice
