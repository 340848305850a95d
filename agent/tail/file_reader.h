// From a file's bytes to records in a message: one chunk at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "absl/status/statusor.h"
#include "agent/encode/message_encoder.h"
#include "agent/parse/parsed_line.h"
#include "agent/tail/tailed_file.h"
#include "base/clock.h"

namespace sluice::agent {

struct ReadResult {
  enum class Outcome {
    kAtEnd,        // everything that is there is read (but for a line without its newline)
    kMore,         // there is more to read
    kMessageFull,  // there is more to read; it needs an empty message
    kReplaced,     // the file is not the one that was read before: shorter, or other bytes before the place
  };
  Outcome outcome = Outcome::kAtEnd;
  uint32_t records = 0;       // put into the message, in one batch
  uint64_t bytes = 0;         // that they cover
  uint32_t invalid_utf8 = 0;  // records of these that are no UTF-8
  uint32_t long_line_parts = 0;
  uint32_t parse_errors = 0;  // records that are not of the format that their source names
};

// Holds the one buffer that all files are read into. One thread.
class FileReader {
 public:
  struct Options {
    size_t max_line_bytes = 256 * 1024;  // a longer line is split
    size_t chunk_bytes = 1 << 20;        // read at a time; more than max_line_bytes
  };

  FileReader(Options options, const Clock* clock);

  // Reads the next chunk of `file` and appends its whole lines to `message` as one batch; moves file->read, scanned,
  // size, head. With file->finishing also a last line without newline. An error is the disk's; nothing has moved then.
  absl::StatusOr<ReadResult> Read(TailedFile* file, MessageEncoder* message);

 private:
  struct Chunk;

  absl::StatusOr<bool> StillNoNewline(TailedFile* file);
  absl::StatusOr<bool> UpdateHead(TailedFile* file);
  static absl::Status RecallBeginning(TailedFile* file);
  bool AppendLines(const Chunk& chunk, TailedFile* file, MessageEncoder* message, ReadResult* result);
  bool AppendLine(std::string_view line, bool valid_utf8, bool terminated, uint64_t offset, TailedFile* file,
                  MessageEncoder* message, ReadResult* result);
  bool AppendPart(std::string_view part, bool valid_utf8, v1::LinePart kind, uint64_t offset, TailedFile* file,
                  MessageEncoder* message, ReadResult* result);
  size_t CutAt(std::string_view line) const;

  const Options options_;
  const Clock* const clock_;
  const std::unique_ptr<char[]> buffer_;
  ParsedLine parsed_;
  uint64_t now_ = 0;  // stamped on lines without a time: when the chunk was read
};

}  // namespace sluice::agent
