// The files that a generator writes.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace sluice::generate {

// Files opened for append, with a buffer each. A write is one write(2) of whole lines, as well-behaved programs log.
// Not thread-safe.
class LogFiles {
 public:
  // Makes what is missing of the directories and files. Errors name the path and the system's reason.
  static absl::StatusOr<LogFiles> Open(const std::string& directory, const std::vector<std::string>& names);

  // One a file, in the order of the names; append whole lines.
  std::vector<std::string>* buffers() { return &buffers_; }
  // Writes a file's buffer, or those of all.
  absl::Status Write(size_t file);
  absl::Status WriteAll();
  uint64_t bytes_written() const { return bytes_written_; }

 private:
  struct Closer {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  std::vector<std::string> paths_;
  std::vector<std::unique_ptr<std::FILE, Closer>> files_;
  std::vector<std::string> buffers_;
  uint64_t bytes_written_ = 0;
};

}  // namespace sluice::generate
