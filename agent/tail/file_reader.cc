#include "agent/tail/file_reader.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

#include "agent/tail/file_memory.h"
#include "base/status.h"
#include "base/text.h"

namespace sluice::agent {
namespace {

// A line that grows slowly is read again from its beginning each time, up to this length; beyond it only what is new is
// looked at until the newline is there.
constexpr uint64_t kRescanBytes = 64 * 1024;

std::string_view WithoutCarriageReturn(std::string_view line) {
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

}  // namespace

// What was read: `overlap` bytes that were read before, then new ones.
struct FileReader::Chunk {
  std::string_view all;  // overlap and new bytes
  size_t overlap = 0;
  uint64_t offset = 0;  // of the first new byte
  bool reaches_end = false;

  std::string_view fresh() const { return all.substr(overlap); }
};

FileReader::FileReader(Options options, const Clock* clock)
    : options_(options), clock_(clock), buffer_(new char[kFrontierBytes + options.chunk_bytes]) {}

absl::StatusOr<ReadResult> FileReader::Read(TailedFile* file, MessageEncoder* message) {
  ReadResult result;
  if (file->scanned - file->read.offset > kRescanBytes && !file->finishing) {
    SLUICE_ASSIGN_OR_RETURN(bool no_newline, StillNoNewline(file));
    if (no_newline) return result;
  }
  // Reading begins before the place, so that the same read tells whether the bytes before it are still the same.
  Chunk chunk;
  chunk.overlap = file->read.frontier.length();
  chunk.offset = file->read.offset;
  SLUICE_ASSIGN_OR_RETURN(size_t size, file->file->ReadAt(chunk.offset - chunk.overlap, buffer_.get(),
                                                          chunk.overlap + options_.chunk_bytes));
  chunk.all = std::string_view(buffer_.get(), size);
  if (size < chunk.overlap || !SameHash(HashOf(chunk.all.substr(0, chunk.overlap)), file->read.frontier)) {
    result.outcome = ReadResult::Outcome::kReplaced;
    return result;
  }
  chunk.reaches_end = chunk.fresh().size() < options_.chunk_bytes;
  uint64_t end = chunk.offset + chunk.fresh().size();
  SLUICE_ASSIGN_OR_RETURN(bool same_head, UpdateHead(file));
  if (!same_head || (chunk.reaches_end && end < file->size)) {
    result.outcome = ReadResult::Outcome::kReplaced;
    return result;
  }
  file->size = std::max(file->size, end);
  if (chunk.fresh().empty()) return result;
  if (!file->recalled) SLUICE_RETURN_IF_ERROR(RecallBeginning(file));

  now_ = static_cast<uint64_t>(clock_->UnixNanos());
  uint64_t skipped = chunk.offset == file->started_at ? file->started_at : 0;
  if (!message->BeginBatch(file->shared, chunk.offset, skipped, file->head)) {
    result.outcome = ReadResult::Outcome::kMessageFull;
    return result;
  }
  bool complete = AppendLines(chunk, file, message, &result);
  if (result.records == 0) {
    message->CancelBatch();
  } else {
    result.bytes = file->read.offset - chunk.offset;
    size_t known = chunk.overlap + result.bytes;
    file->read.frontier =
        HashOf(chunk.all.substr(known - std::min(known, kFrontierBytes), std::min(known, kFrontierBytes)));
    message->EndBatch(file->read.offset, file->read.frontier);
  }
  file->scanned = complete ? end : file->read.offset;
  if (!complete) {
    result.outcome = ReadResult::Outcome::kMessageFull;
  } else if (!chunk.reaches_end) {
    result.outcome = ReadResult::Outcome::kMore;
  }
  return result;
}

// Looks only at what came to a long unfinished line. False if its newline is there now, or it is long enough to be
// split, or the file has shrunk: then the whole has to be read.
absl::StatusOr<bool> FileReader::StillNoNewline(TailedFile* file) {
  SLUICE_ASSIGN_OR_RETURN(size_t size, file->file->ReadAt(file->scanned, buffer_.get(), options_.chunk_bytes));
  if (size == 0) {
    SLUICE_ASSIGN_OR_RETURN(FileStat stat, file->file->Stat());
    return stat.size >= file->scanned;
  }
  if (std::memchr(buffer_.get(), '\n', size) != nullptr) return false;
  uint64_t end = file->scanned + size;
  if (end - file->read.offset > options_.max_line_bytes) return false;
  file->scanned = end;
  file->size = std::max(file->size, end);
  return true;
}

// Hashes the first bytes again while they are still becoming more, and when the file is read from its beginning. False
// if they are not what they were.
absl::StatusOr<bool> FileReader::UpdateHead(TailedFile* file) {
  if (file->head.length() == kHeadBytes && file->read.offset > 0) return true;
  std::array<char, kHeadBytes> head;
  SLUICE_ASSIGN_OR_RETURN(size_t size, file->file->ReadAt(0, head.data(), head.size()));
  if (size < file->head.length() || !SameHash(HashOf({head.data(), file->head.length()}), file->head)) return false;
  file->head = HashOf({head.data(), size});
  return true;
}

// Reading goes on in the middle of a file, after a restart: its first lines may name the columns of all.
absl::Status FileReader::RecallBeginning(TailedFile* file) {
  file->recalled = true;
  if (file->read.offset == 0) return absl::OkStatus();
  std::array<char, 4096> beginning;
  SLUICE_ASSIGN_OR_RETURN(size_t size, file->file->ReadAt(0, beginning.data(), beginning.size()));
  file->parser->Recall({beginning.data(), std::min<size_t>(size, file->read.offset)});
  return absl::OkStatus();
}

// False if the message is full before the chunk's lines are all in it.
bool FileReader::AppendLines(const Chunk& chunk, TailedFile* file, MessageEncoder* message, ReadResult* result) {
  std::string_view bytes = chunk.fresh();
  size_t lines_end = bytes.rfind('\n') + 1;  // 0 if there is no newline
  // Almost always all of it is UTF-8, and one look tells; otherwise each line is looked at.
  bool all_valid = IsValidUtf8(bytes.substr(0, lines_end));
  size_t begin = 0;
  while (begin < lines_end) {
    auto* newline = static_cast<const char*>(std::memchr(bytes.data() + begin, '\n', lines_end - begin));
    std::string_view line(bytes.data() + begin, newline - (bytes.data() + begin));
    if (!AppendLine(line, all_valid, /*terminated=*/true, chunk.offset + begin, file, message, result)) return false;
    begin += line.size() + 1;
    file->read.offset = chunk.offset + begin;
  }
  std::string_view rest = bytes.substr(begin);
  if (rest.size() > options_.max_line_bytes || (file->finishing && chunk.reaches_end && !rest.empty())) {
    return AppendLine(rest, /*valid_utf8=*/false, /*terminated=*/false, chunk.offset + begin, file, message, result);
  }
  return true;
}

// A whole line, or the last parts of one; unterminated: as many whole parts as there are, and all of it if the file is
// finishing. Moves file->read.offset over the parts that are not the last.
bool FileReader::AppendLine(std::string_view line, bool valid_utf8, bool terminated, uint64_t offset, TailedFile* file,
                            MessageEncoder* message, ReadResult* result) {
  while (line.size() > options_.max_line_bytes) {
    size_t size = CutAt(line);
    v1::LinePart kind = file->in_long_line ? v1::LINE_PART_MIDDLE : v1::LINE_PART_FIRST;
    if (!AppendPart(line.substr(0, size), valid_utf8, kind, offset, file, message, result)) return false;
    ++result->long_line_parts;
    file->in_long_line = true;
    line.remove_prefix(size);
    offset += size;
    file->read.offset = offset;
  }
  if (!terminated && !file->finishing) return true;
  v1::LinePart kind = file->in_long_line ? v1::LINE_PART_LAST : v1::LINE_PART_UNSPECIFIED;
  if (!terminated) kind = file->in_long_line ? v1::LINE_PART_LAST_UNTERMINATED : v1::LINE_PART_UNTERMINATED;
  if (!AppendPart(line, valid_utf8, kind, offset, file, message, result)) return false;
  file->in_long_line = false;
  if (!terminated) file->read.offset = offset + line.size();
  return true;
}

bool FileReader::AppendPart(std::string_view part, bool valid_utf8, v1::LinePart kind, uint64_t offset,
                            TailedFile* file, MessageEncoder* message, ReadResult* result) {
  Record record;
  record.line = part;
  record.valid_utf8 = valid_utf8 || IsValidUtf8(part);
  record.offset = offset;
  record.part = kind;
  if (file->in_long_line) {  // the first part knows what the line says of itself
    parsed_.Clear();
    parsed_.time_unix_nano = file->long_line_time;
    parsed_.severity = file->long_line_severity;
  } else {
    file->parser->Parse(WithoutCarriageReturn(part), static_cast<int64_t>(now_), &parsed_);
    if (parsed_.time_unix_nano == 0) parsed_.time_unix_nano = now_;
    file->long_line_time = parsed_.time_unix_nano;
    file->long_line_severity = parsed_.severity;
  }
  record.time_unix_nano = parsed_.time_unix_nano != 0 ? parsed_.time_unix_nano : now_;
  record.severity = parsed_.severity;
  record.severity_text = parsed_.severity_text;
  record.attributes = parsed_.attributes();
  record.attributes_are_utf8 = record.valid_utf8 && parsed_.attributes_are_whole;
  if (!message->AddRecord(record)) {
    bool whole_message_is_free = message->batch_records() == 0 && message->message().empty();
    // Only attributes can make a line too large for an empty message: the line itself is what must not be lost.
    if (!whole_message_is_free || record.attributes.empty()) return false;
    record.attributes = {};
    if (!message->AddRecord(record)) return false;
  }
  ++result->records;
  result->invalid_utf8 += record.valid_utf8 ? 0 : 1;
  result->parse_errors += parsed_.parse_error.empty() ? 0 : 1;
  return true;
}

// Where a too long line is cut: not inside of a character, if it is UTF-8.
size_t FileReader::CutAt(std::string_view line) const {
  size_t size = options_.max_line_bytes;
  for (size_t back = 0; back < 4 && back < size; ++back) {
    bool continues = (static_cast<unsigned char>(line[size - back]) & 0xc0) == 0x80;
    if (!continues) return size - back;
  }
  return size;
}

}  // namespace sluice::agent
