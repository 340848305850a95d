#include <fcntl.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string_view>
#include <utility>

#include "absl/time/clock.h"
#include "base/program.h"

namespace sluice {
namespace {

constexpr std::string_view kImpatient = "second signal: ending at once\n";
// Of one request to stop two signals may come: coreutils' timeout(1) signals its child and then its process group. No
// person is as quick.
constexpr int64_t kTogetherNanos = 100'000'000;

int64_t stop_nanos = 0;  // when the first one was told; written before the handler is there

int64_t MonotonicNanos() {
  timespec now = {};
  clock_gettime(CLOCK_MONOTONIC, &now);  // async-signal-safe
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

sigset_t StopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  return signals;
}

// Runs in a signal handler: only what is async-signal-safe.
void ExitAtOnce(int) {
  if (MonotonicNanos() - stop_nanos < kTogetherNanos) return;
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, kImpatient.data(), kImpatient.size());
  _exit(kExitFailure);
}

void ExitAtNextSignal() {
  stop_nanos = MonotonicNanos();
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

void StopSignal::OnHangup(std::function<void()> on_hangup) {
  on_hangup_ = std::move(on_hangup);
  std::signal(SIGHUP, SIG_DFL);  // `nohup` ignores it; what is ignored may not be queued
  sigset_t signals = StopSignals();
  sigaddset(&signals, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signalfd(descriptor_, &signals, 0);
}

int StopSignal::Wait() {
  while (true) {
    if (const int signal = WaitFor(absl::Hours(24)); signal != 0) return signal;
    pollfd also = {.fd = also_, .events = POLLIN, .revents = 0};
    if (also_ >= 0 && poll(&also, 1, 0) > 0) return 0;
  }
}

int StopSignal::WaitFor(absl::Duration timeout) {
  const absl::Time deadline = absl::Now() + timeout;
  while (true) {
    const absl::Duration left = std::clamp(deadline - absl::Now(), absl::ZeroDuration(), absl::Hours(24));
    std::array<pollfd, 2> waiting = {
        {{.fd = descriptor_, .events = POLLIN, .revents = 0}, {.fd = also_, .events = POLLIN, .revents = 0}}};
    const int ready = poll(waiting.data(), waiting.size(),
                           static_cast<int>(absl::ToInt64Milliseconds(absl::Ceil(left, absl::Milliseconds(1)))));
    if (ready == 0) return 0;
    // What came together, such as a terminal's SIGINT and a supervisor's SIGTERM, is one request to stop.
    int first = 0;
    bool hung_up = false;
    signalfd_siginfo info;
    while (read(descriptor_, &info, sizeof info) == sizeof info) {
      const auto signal = static_cast<int>(info.ssi_signo);
      if (signal == SIGHUP) hung_up = true;
      if (first == 0 && signal != SIGHUP) first = signal;
    }
    if (hung_up && first == 0) on_hangup_();
    if (first != 0) {
      ExitAtNextSignal();
      return first;
    }
    if (waiting[1].revents != 0) return 0;
  }
}

}  // namespace sluice
