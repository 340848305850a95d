// From a piece of a file to a record in a message: parsed, processed, encoded.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "agent/encode/message_encoder.h"
#include "agent/frame/frame.h"
#include "agent/parse/parsed_line.h"
#include "agent/parse/timestamp.h"
#include "agent/process/processor.h"
#include "agent/tail/record_redactor.h"
#include "agent/tail/tailed_file.h"

namespace sluice::agent {

// What became of what was read.
struct ReadCounts {
  uint32_t records = 0;  // put into the message
  uint32_t filtered = 0;
  uint32_t sampled_out = 0;
  uint32_t redactions = 0;
  uint32_t parse_errors = 0;
  uint32_t invalid_utf8 = 0;     // records that are no UTF-8
  uint32_t long_line_parts = 0;  // but the last ones

  uint32_t dropped() const { return filtered + sampled_out; }
};

// Holds buffers that are used again for each record. One thread.
class RecordAppender {
 public:
  enum class Outcome : uint8_t {
    kAdded,
    kDropped,  // the source's configuration leaves it out
    kFull,     // the message has no room for it: nothing was done
  };

  // Begins with a file's next records, which were read at `now`.
  void Begin(TailedFile* file, MessageEncoder* message, uint64_t now);

  // `text` is one line or the part of one.
  Outcome AppendLine(std::string_view text, bool valid_utf8, uint64_t offset, v1::LinePart part) {
    return Append(text, valid_utf8, offset, part, nullptr);
  }
  Outcome AppendFrame(const Frame& frame, bool valid_utf8) {
    return Append(frame.text, valid_utf8, frame.offset, frame.part, &frame);
  }

  ReadCounts* counts() { return &counts_; }

 private:
  Outcome Append(std::string_view text, bool valid_utf8, uint64_t offset, v1::LinePart part, const Frame* frame);
  void Parse(std::string_view text, v1::LinePart part, const Frame* frame);
  void ParseText(std::string_view text, ParsedLine* out);
  void AddFrameAttributes(const Frame& frame, Record* record);
  std::string_view HeadOf(std::string_view text) const;
  bool Keeps(std::string_view text, bool valid_utf8, uint64_t offset, v1::LinePart part, const Frame* frame);

  TailedFile* file_ = nullptr;
  MessageEncoder* message_ = nullptr;
  uint64_t now_ = 0;            // stamped on lines without a time
  bool several_lines_ = false;  // a record may have several
  const RecordFilter* filter_ = nullptr;
  uint64_t file_seed_ = 0;
  ReadCounts counts_;

  ParsedLine parsed_;
  TimeReader times_;
  RecordRedactor redactor_;
  std::vector<Record::Attribute> attributes_;  // with those of the frame
};

}  // namespace sluice::agent
