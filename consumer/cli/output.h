// Standard output: large writes while there is much to say, at once when there is not.
#pragma once

#include <cstddef>
#include <cstdio>
#include <string>

#include "absl/status/status.h"

namespace sluice::cli {

// Not thread-safe.
class Output {
 public:
  // Does not take `file`, which must not have been written to; null: standard output.
  explicit Output(std::FILE* file = nullptr);

  // Append here.
  std::string* buffer() { return &buffer_; }
  // Writes if a good deal has gathered; false if nothing more can be written.
  bool FlushIfLarge() { return buffer_.size() < kLargeBytes || Flush(); }
  bool Flush();
  // Nobody reads any more (`| head`): no error, just the end.
  bool reader_gone() const { return reader_gone_; }
  // Why a write failed ("disk full"), unless the reader is gone.
  const absl::Status& status() const { return status_; }

 private:
  static constexpr size_t kLargeBytes = 256 << 10;

  std::FILE* const file_;
  std::string buffer_;
  bool reader_gone_ = false;
  absl::Status status_;
};

// Characters and lines of the terminal that `file` is; 80 and 24 if it does not say.
struct Size {
  size_t width;
  size_t height;
};
Size TerminalSize(std::FILE* file);

// True if `file` is a terminal, a pipe.
bool IsTerminal(std::FILE* file);
bool IsPipe(std::FILE* file);

}  // namespace sluice::cli
