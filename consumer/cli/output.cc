#include "consumer/cli/output.h"

#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/status.h"

namespace sluice::cli {

Output::Output(std::FILE* file) : file_(file != nullptr ? file : stdout) {
  std::setvbuf(file_, nullptr, _IONBF, 0);  // one fwrite, one write(2)
}

bool Output::Flush() {
  if (reader_gone_ || !status_.ok()) return false;
  if (buffer_.empty()) return true;
  size_t written = std::fwrite(buffer_.data(), 1, buffer_.size(), file_);
  bool all = written == buffer_.size();
  if (!all && errno == EPIPE) {
    reader_gone_ = true;
  } else if (!all) {
    status_ = absl::ErrnoToStatus(errno, "cannot write to standard output");
  }
  buffer_.clear();
  return all;
}

Size TerminalSize(std::FILE* file) {
  winsize size = {};
  const bool known = ioctl(fileno(file), TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0;
  return known ? Size{.width = size.ws_col, .height = size.ws_row} : Size{.width = 80, .height = 24};
}

bool IsTerminal(std::FILE* file) { return isatty(fileno(file)) != 0; }

bool IsPipe(std::FILE* file) {
  struct stat info;
  return fstat(fileno(file), &info) == 0 && S_ISFIFO(info.st_mode);
}

}  // namespace sluice::cli
