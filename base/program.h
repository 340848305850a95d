// What all our programs have in common: common flags, exit codes, signals; and descriptors 0 to 2 that are not closed.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "absl/time/time.h"

namespace sluice {

inline constexpr int kExitOk = 0;
inline constexpr int kExitFailure = 1;  // at run time
inline constexpr int kExitUsage = 2;    // flags or configuration

// "0.1.0"
std::string_view Version();

// Adds --version, --log-format text|json, --log-level debug|info|warn|error to `app`; they take effect when parsed.
// Also sets how --help looks. Call it before sub-commands are added: they take over its settings, and these flags may
// stand behind them.
void AddCommonFlags(CLI::App* app);

// Parses; on --help and --version prints and returns 0; on a usage error prints one line and a pointer to --help, and
// returns kExitUsage. -1: go on.
int ParseFlags(CLI::App* app, int argc, char** argv);

// Prints a configuration that cannot be used, one problem a line, as "PROGRAM: problem"; returns kExitUsage.
int ReportConfigError(std::string_view program, const absl::Status& status);

// Ends the process at once, with what was printed written: without the destructors of libraries' statics, which must
// not meet threads that these libraries still run.
[[noreturn]] void EndProcess(int code);

// SIGINT and SIGTERM, turned into something to wait for. Construct in main before any other thread is started (it
// blocks the signals in all of them); SIGPIPE is ignored. Once Wait has told of a signal, another one ends the process
// with 1 at once: people press Ctrl-C twice when a shutdown takes too long. One that comes within a tenth of a second
// belongs to the first. The thread that waits must be main's.
class StopSignal {
 public:
  StopSignal();
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  // Blocks until a signal came; its number.
  int Wait();
  // As Wait, but 0 if none came in time.
  int WaitFor(absl::Duration timeout);
  // From now on SIGHUP does not end the process: Wait and WaitFor call `on_hangup` for it (for several at once, once)
  // and go on waiting.
  void OnHangup(std::function<void()> on_hangup);
  // Wait ends, too, with 0, when this descriptor is readable.
  void AlsoEndAt(int descriptor) { also_ = descriptor; }
  // A descriptor that becomes readable when a signal came, for poll(2).
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
  int also_ = -1;
  std::function<void()> on_hangup_;
};

}  // namespace sluice
