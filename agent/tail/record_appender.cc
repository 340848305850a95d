#include "agent/tail/record_appender.h"

#include <algorithm>

#include "base/text.h"

namespace sluice::agent {
namespace {

std::string_view WithoutCarriageReturn(std::string_view line) {
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

// A file of UTF-8 may begin with a byte order mark; it is a part of the body, but none of what the line says.
std::string_view WithoutMark(std::string_view line, uint64_t offset) {
  if (offset == 0 && line.starts_with("\xef\xbb\xbf")) line.remove_prefix(3);
  return line;
}

static_assert(kRoomPadding >= kPaddingBytes);

bool IsLaterPart(v1::LinePart part) {
  return part == v1::LINE_PART_MIDDLE || part == v1::LINE_PART_LAST || part == v1::LINE_PART_LAST_UNTERMINATED;
}

}  // namespace

void RecordAppender::Begin(TailedFile* file, MessageEncoder* message, uint64_t now) {
  file_ = file;
  message_ = message;
  now_ = now;
  several_lines_ = file->source->framing().rule() != nullptr;
  const Processor& processor = file->source->processor();
  filter_ = processor.filter().active() ? &processor.filter() : nullptr;
  redactor_.Begin(processor.redactor().active() ? &processor.redactor() : nullptr);
  if (filter_ != nullptr) file_seed_ = RecordFilter::SeedOf(file->identity);
  counts_ = ReadCounts();
}

RecordAppender::Outcome RecordAppender::Append(std::string_view text, bool valid_utf8, uint64_t offset,
                                               v1::LinePart part, const Frame* frame) {
  Parse(WithoutMark(text, offset), part, frame);
  if (filter_ != nullptr && !Keeps(text, valid_utf8, offset, part, frame)) return Outcome::kDropped;
  Record record;
  record.line = text;
  record.valid_utf8 = valid_utf8 || IsValidUtf8(text);
  record.offset = offset;
  record.part = part;
  record.time_unix_nano = parsed_.time_unix_nano != 0 ? parsed_.time_unix_nano : now_;
  record.severity = parsed_.severity;
  record.severity_text = parsed_.severity_text;
  record.attributes = parsed_.attributes();
  record.attributes_are_utf8 = record.valid_utf8 && parsed_.attributes_are_whole;
  if (frame == nullptr && parsed_.attributes_are_inside) record.padded_attribute_bytes = parsed_.attribute_bytes();
  if (frame != nullptr) record.exact = frame->exact;
  const bool is_text = record.valid_utf8 && record.exact.empty();
  const uint32_t redactions = counts_.redactions;
  if (redactor_.active()) {
    const auto parse_rest = [&](std::string_view rest, ParsedLine* out) { ParseText(WithoutMark(rest, offset), out); };
    counts_.redactions += redactor_.RedactLine(parsed_, parse_rest, &record);
  }
  if (frame != nullptr) AddFrameAttributes(*frame, &record);
  if (redactor_.active()) counts_.redactions += redactor_.RedactAttributes(parsed_, &record);
  if (!message_->AddRecord(record)) {
    bool whole_message_is_free = message_->batch_records() == 0 && message_->message().empty();
    // Only attributes can make a line too large for an empty message: the line itself is what must not be lost.
    bool added = whole_message_is_free && !record.attributes.empty();
    if (added) {
      record.attributes = {};
      added = message_->AddRecord(record);
    }
    if (!added) {
      counts_.redactions = redactions;
      return Outcome::kFull;
    }
  }
  ++counts_.records;
  if (!is_text) ++counts_.invalid_utf8;
  if (!parsed_.parse_error.empty() || (frame != nullptr && !frame->error.empty())) ++counts_.parse_errors;
  return Outcome::kAdded;
}

void RecordAppender::Parse(std::string_view text, v1::LinePart part, const Frame* frame) {
  if (IsLaterPart(part)) {  // the first part knows what the record says of itself
    parsed_.Clear();
    parsed_.time_unix_nano = file_->long_line_time;
    parsed_.severity = file_->long_line_severity;
    if (frame == nullptr || frame->stream.empty()) return;
    parsed_.time_unix_nano = 0;
    parsed_.severity = v1::SEVERITY_UNSPECIFIED;
  } else {
    ParseText(text, &parsed_);
  }
  if (frame != nullptr && parsed_.time_unix_nano == 0 && !frame->time.empty()) {
    uint64_t time = 0;
    if (times_.ReadAll(frame->time, &time)) parsed_.time_unix_nano = time;
  }
  if (parsed_.time_unix_nano == 0) parsed_.time_unix_nano = now_;
  file_->long_line_time = parsed_.time_unix_nano;
  file_->long_line_severity = parsed_.severity;
}

void RecordAppender::ParseText(std::string_view text, ParsedLine* out) {
  const std::string_view head = several_lines_ ? HeadOf(text) : text;
  file_->parser->Parse(WithoutCarriageReturn(head), static_cast<int64_t>(now_), out);
}

// What a parser looks at: the first line, but all of what is one JSON text or is taken apart by an expression.
std::string_view RecordAppender::HeadOf(std::string_view text) const {
  const bool is_whole = text.starts_with('{') || file_->source->options().parser.kind == ParserKind::kRegex;
  return is_whole ? text : text.substr(0, text.find('\n'));
}

void RecordAppender::AddFrameAttributes(const Frame& frame, Record* record) {
  if (frame.stream.empty() && frame.error.empty()) return;
  attributes_.assign(record->attributes.begin(), record->attributes.end());
  const auto add = [this](std::string_view name, std::string_view value) {
    for (const Record::Attribute& known : attributes_) {
      if (known.first == name) return;  // the line's own word counts
    }
    attributes_.emplace_back(name, value);
  };
  if (!frame.stream.empty()) add("stream", frame.stream);
  if (!frame.error.empty()) add("parse_error", frame.error);
  for (const auto& [name, value] : frame.attributes) add(name, value);
  record->attributes = attributes_;
}

// A record in several parts is judged by its first one.
bool RecordAppender::Keeps(std::string_view text, bool valid_utf8, uint64_t offset, v1::LinePart part,
                           const Frame* frame) {
  if (IsLaterPart(part)) {
    const bool dropped = file_->long_line_dropped && (frame == nullptr || frame->stream.empty());
    if (dropped) ++counts_.filtered;
    return !dropped;
  }
  std::string_view body = WithoutCarriageReturn(text);
  std::string readable;
  if (!valid_utf8 && !IsValidUtf8(body)) {  // expressions are searched in what is shown
    readable = ReplaceInvalidUtf8(body);
    body = readable;
  }
  switch (filter_->Judge(body, parsed_.severity, file_seed_, offset)) {
    case RecordFilter::Verdict::kKeep:
      return true;
    case RecordFilter::Verdict::kFiltered:
      ++counts_.filtered;
      return false;
    case RecordFilter::Verdict::kSampledOut:
      ++counts_.sampled_out;
      return false;
  }
  return true;
}

}  // namespace sluice::agent
