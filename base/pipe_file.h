// What comes through a pipe, as a file that grows.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/file_system.h"

namespace sluice {

// A pipe cannot be read twice: what came is kept until Release says that it is no longer needed, up to a bound beyond
// which no more is taken; whoever writes to the pipe waits then. The first bytes and those just before the released
// place stay, for a file is known by them. One thread.
class PipeFile final : public ReadableFile {
 public:
  static constexpr size_t kHeadBytes = 4096;
  static constexpr size_t kBeforeBytes = 4096;

  // `descriptor` is not owned. `stat` is who the file is said to be; its size is kept up to date. `kept_max` is the
  // bound of bytes that are not released.
  PipeFile(int descriptor, FileStat stat, size_t kept_max);

  // Takes what is there; does not wait. True if something came or it ended.
  absl::StatusOr<bool> Fill();
  // Nothing more will come.
  bool ended() const { return ended_; }
  // To wait for until Fill has something to do; -1 if it has nothing to do at the moment.
  int descriptor() const { return ended_ || full() ? -1 : descriptor_; }
  // Bytes before `offset` will not be read again.
  void Release(uint64_t offset);

  absl::StatusOr<size_t> ReadAt(uint64_t offset, char* buffer, size_t size) override;
  absl::StatusOr<FileStat> Stat() override { return stat_; }

 private:
  bool full() const { return stat_.size - released_ >= kept_max_; }

  const int descriptor_;
  const size_t kept_max_;
  FileStat stat_;
  std::string head_;
  std::string kept_;  // from kept_begin_ on
  uint64_t kept_begin_ = 0;
  uint64_t released_ = 0;
  bool ended_ = false;
};

// The process's standard input.
inline constexpr int kStdin = 0;

}  // namespace sluice
