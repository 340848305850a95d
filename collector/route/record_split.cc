#include "collector/route/record_split.h"

#include <string_view>

#include "base/text.h"
#include "sluice/v1/log.pb.h"

namespace sluice::collector {
namespace {

v1::LinePart PartOf(v1::LinePart whole, bool first, bool last) {
  const bool begins =
      whole == v1::LINE_PART_UNSPECIFIED || whole == v1::LINE_PART_FIRST || whole == v1::LINE_PART_UNTERMINATED;
  if (!last) return first && begins ? v1::LINE_PART_FIRST : v1::LINE_PART_MIDDLE;
  switch (whole) {
    case v1::LINE_PART_UNSPECIFIED:
      return v1::LINE_PART_LAST;
    case v1::LINE_PART_UNTERMINATED:
      return v1::LINE_PART_LAST_UNTERMINATED;
    case v1::LINE_PART_FIRST:
      return v1::LINE_PART_MIDDLE;
    default:
      return whole;
  }
}

// How much of `line` the next part takes.
size_t TakeSize(std::string_view line, size_t size_max) {
  if (line.size() <= size_max) return line.size();
  size_t size = size_max;
  // Back to where a character begins; bytes that are no text are cut anywhere.
  for (int back = 0; back < 3 && (static_cast<uint8_t>(line[size]) & 0xc0) == 0x80; ++back) --size;
  return (static_cast<uint8_t>(line[size]) & 0xc0) == 0x80 ? size_max : size;
}

void SetLine(std::string_view line, v1::LogRecord* record) {
  record->clear_raw_body();
  if (IsValidUtf8(line)) {
    record->set_body(std::string(line));
  } else {
    record->set_body(ReplaceInvalidUtf8(line));
    record->set_raw_body(std::string(line));
  }
}

}  // namespace

std::string SplitRecord(const RecordView& record, size_t line_bytes_max) {
  v1::LogBatch parts;
  v1::LogRecord whole;
  if (!whole.ParseFromArray(record.bytes.data(), static_cast<int>(record.bytes.size())))
    return std::string(record.field);
  const std::string_view line = ExactLine(record);
  for (size_t at = 0; at < line.size();) {
    const size_t size = TakeSize(line.substr(at), line_bytes_max);
    v1::LogRecord* part = parts.add_records();
    *part = whole;
    if (at != 0) part->clear_attributes();
    SetLine(line.substr(at, size), part);
    part->set_offset(record.offset + at);
    part->set_part(PartOf(whole.part(), at == 0, at + size == line.size()));
    at += size;
  }
  return parts.SerializeAsString();
}

}  // namespace sluice::collector
