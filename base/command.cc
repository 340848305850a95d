#include "base/command.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <string_view>

#include "base/clock.h"
#include "base/status.h"
#include "base/strings.h"
#include "base/text.h"

extern "C" {
#include <sys/pidfd.h>  // of glibc 2.36, without this
extern char** environ;
}

namespace sluice {
namespace {

// Closed at the end.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() { Close(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  void Close() {
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
  }

 private:
  int fd_;
};

std::vector<std::string> Environment(const std::vector<std::pair<std::string, std::string>>& added) {
  std::map<std::string, std::string> all;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const size_t equals = text.find('=');
    if (equals != text.npos) all[std::string(text.substr(0, equals))] = text.substr(equals + 1);
  }
  for (const auto& [name, value] : added) all[name] = value;
  std::vector<std::string> lines;
  lines.reserve(all.size());
  for (const auto& [name, value] : all) lines.push_back(StrCat(name, "=", value));
  return lines;
}

std::vector<char*> Pointers(std::vector<std::string>* texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts->size() + 1);
  for (std::string& text : *texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// In a process group of its own, with the signals as a new process has them.
absl::Status Spawn(const CommandRun& run, int input, pid_t* pid) {
  std::vector<std::string> argv = run.argv;
  std::vector<std::string> environment = Environment(run.environment);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, input, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&files, STDERR_FILENO, STDOUT_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  sigset_t all;
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  const int error =
      posix_spawnp(pid, argv[0].c_str(), &files, &attributes, Pointers(&argv).data(), Pointers(&environment).data());
  posix_spawn_file_actions_destroy(&files);
  posix_spawnattr_destroy(&attributes);
  return error == 0 ? absl::OkStatus() : absl::ErrnoToStatus(error, StrCat("cannot run ", Quoted(run.argv[0])));
}

// Writes what fits; true when all is written, or nobody reads it.
bool WriteSome(int fd, std::string_view* rest) {
  const ssize_t written = write(fd, rest->data(), rest->size());
  if (written < 0) return errno != EAGAIN && errno != EINTR;
  rest->remove_prefix(static_cast<size_t>(written));
  return rest->empty();
}

absl::Status Explain(const std::string& program, int status) {
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return absl::OkStatus();
  if (WIFEXITED(status)) return FailedPrecondition(program, " exited with ", WEXITSTATUS(status));
  return FailedPrecondition(program, " was ended by signal ", WTERMSIG(status));
}

}  // namespace

absl::Status RunCommand(const CommandRun& run, const Cancellation* cancellation) {
  if (run.argv.empty()) return InvalidArgument("no program to run");
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return absl::ErrnoToStatus(errno, "pipe");
  Descriptor reading(ends[0]);
  Descriptor writing(ends[1]);
  fcntl(writing.get(), F_SETFL, O_NONBLOCK);
  pid_t pid = 0;
  SLUICE_RETURN_IF_ERROR(Spawn(run, reading.get(), &pid));
  reading.Close();
  const Descriptor process(pidfd_open(pid, 0));
  const int64_t deadline = SystemClock()->MonotonicNanos() + absl::ToInt64Nanoseconds(run.timeout);
  std::string_view rest = run.input;
  if (rest.empty()) writing.Close();
  absl::Status killed;
  while (true) {
    const int64_t left = deadline - SystemClock()->MonotonicNanos();
    if (cancellation != nullptr && cancellation->cancelled()) killed = absl::CancelledError("stopped");
    if (left <= 0) killed = absl::DeadlineExceededError(StrCat(run.argv[0], " did not end in time"));
    if (!killed.ok()) break;
    pollfd fds[3] = {{process.get(), POLLIN, 0},
                     {writing.get(), POLLOUT, 0},
                     {cancellation != nullptr ? cancellation->descriptor() : -1, POLLIN, 0}};
    poll(fds, 3, static_cast<int>(std::min<int64_t>(left / 1'000'000 + 1, 3'600'000)));
    if (fds[0].revents != 0) break;
    if (fds[1].revents != 0 && WriteSome(writing.get(), &rest)) writing.Close();
  }
  if (!killed.ok()) kill(-pid, SIGKILL);
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return killed.ok() ? Explain(run.argv[0], status) : killed;
}

}  // namespace sluice
