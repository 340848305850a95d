// From a file's bytes to records in a message: one chunk at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "agent/encode/message_encoder.h"
#include "agent/frame/container_framer.h"
#include "agent/frame/group_framer.h"
#include "agent/limits/rate_limit.h"
#include "agent/tail/record_appender.h"
#include "agent/tail/tailed_file.h"
#include "base/clock.h"

namespace sluice::agent {

struct ReadResult : ReadCounts {
  enum class Outcome {
    kAtEnd,        // everything that is there is read (but for what is no whole record yet)
    kMore,         // there is more to read, now or when limits allow it
    kMessageFull,  // there is more to read; it needs an empty message
    kReplaced,     // the file is not the one that was read before: shorter, or other bytes before the place
  };
  Outcome outcome = Outcome::kAtEnd;
  uint64_t bytes = 0;  // passed: of the records, and of what was dropped
};

// Holds the one buffer that all files are read into. One thread.
class FileReader {
 public:
  struct Options {
    size_t max_line_bytes = 256 * 1024;  // a longer line is split
    size_t chunk_bytes = 1 << 20;        // read at a time; made to be more than twice max_line_bytes
  };

  FileReader(Options options, const Clock* clock);

  // Reads the next chunk of `file` and appends its whole records, as far as `allowance` goes, to `message` as one
  // batch; moves file->read, batched, scanned, size, head, frame, flush_at. With file->finishing also a last line
  // without newline. An error is the disk's; nothing has moved then.
  absl::StatusOr<ReadResult> Read(TailedFile* file, const ReadAllowance& allowance, MessageEncoder* message);
  // Frees the buffer until something is read again.
  void Trim() { buffer_.reset(); }

 private:
  struct Chunk;
  // How far the records of a chunk came.
  enum class Appended : uint8_t {
    kAll,
    kMessageFull,
    kAllowed,  // more has to wait
  };
  using Outcome = RecordAppender::Outcome;

  size_t BytesToRead(const TailedFile& file, const ReadAllowance& allowance) const;
  absl::StatusOr<bool> StillNoNewline(TailedFile* file);
  absl::StatusOr<bool> UpdateHead(TailedFile* file);
  static absl::Status RecallBeginning(TailedFile* file);
  absl::Status FindEncoding(const Chunk& chunk, TailedFile* file) const;
  absl::Status FindFrameState(const Chunk& chunk, TailedFile* file);

  Appended AppendLines(const Chunk& chunk, const ReadAllowance& allowance, TailedFile* file);
  bool AppendLine(std::string_view line, bool valid_utf8, bool terminated, uint64_t offset, TailedFile* file);
  Appended AppendFrames(const Chunk& chunk, const ReadAllowance& allowance, TailedFile* file);
  Framer* FramerOf(const TailedFile& file);
  void Took(Outcome outcome, bool inside, uint64_t next, TailedFile* file);
  void EndBatch(const Chunk& chunk, TailedFile* file, MessageEncoder* message);
  void WaitForMore(const Chunk& chunk, TailedFile* file) const;

  const Options options_;
  const Clock* const clock_;
  std::unique_ptr<char[]> buffer_;
  GroupFramer groups_;
  ContainerFramer containers_;
  RecordAppender appender_;
  uint64_t batch_end_ = 0;  // where the batch may end
};

}  // namespace sluice::agent
