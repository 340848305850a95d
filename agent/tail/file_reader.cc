#include "agent/tail/file_reader.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "agent/tail/file_memory.h"
#include "base/status.h"
#include "base/text.h"

namespace sluice::agent {
namespace {

// A line that grows slowly is read again from its beginning each time, up to this length; beyond it only what is new is
// looked at until the newline is there.
constexpr uint64_t kRescanBytes = 64 * 1024;

FileReader::Options Checked(FileReader::Options options) {
  options.chunk_bytes = std::max(options.chunk_bytes, 2 * options.max_line_bytes + 64);
  return options;
}

// With limits: of so many bytes is a line supposed to be, and so many are read at least.
constexpr uint64_t kSupposedLineBytes = 1024;
constexpr uint64_t kLimitedReadBytes = 64 * 1024;

// Where the last of the lines ends that may be read: of whole lines, at least one.
size_t EndOfAllowed(std::string_view lines, const ReadAllowance& allowance) {
  size_t end = 0;
  for (uint64_t count = 0; end < lines.size() && count < allowance.lines; ++count) {
    const size_t next = lines.find('\n', end) + 1;
    if (next > allowance.bytes && count > 0) break;
    end = next;
  }
  return end;
}

v1::ContentHash FrontierAt(std::string_view bytes, size_t end) {
  const size_t size = std::min(end, kFrontierBytes);
  return HashOf(bytes.substr(end - size, size));
}

}  // namespace

// What was read: `overlap` bytes that were read before, then new ones.
struct FileReader::Chunk {
  std::string_view all;  // overlap and new bytes
  size_t overlap = 0;
  uint64_t offset = 0;  // of the first new byte
  bool reaches_end = false;

  std::string_view fresh() const { return all.substr(overlap); }
  std::string_view before() const { return all.substr(0, overlap); }
  uint64_t end() const { return offset + fresh().size(); }
  // `place` is in the new bytes.
  Mark MarkAt(uint64_t place) const { return {place, FrontierAt(all, overlap + (place - offset))}; }
};

FileReader::FileReader(Options options, const Clock* clock)
    : options_(Checked(options)),
      clock_(clock),
      groups_(options_.max_line_bytes),
      containers_(options_.max_line_bytes) {}

absl::StatusOr<ReadResult> FileReader::Read(TailedFile* file, const ReadAllowance& allowance, MessageEncoder* message) {
  if (buffer_ == nullptr) buffer_.reset(new char[kFrontierBytes + options_.chunk_bytes + kPaddingBytes]);
  ReadResult result;
  const bool plain = file->source->framing().plain();
  if (plain && file->scanned - file->read.offset > kRescanBytes && !file->finishing) {
    SLUICE_ASSIGN_OR_RETURN(bool no_newline, StillNoNewline(file));
    if (no_newline) return result;
  }
  // Reading begins before the place, so that the same read tells whether the bytes before it are still the same.
  Chunk chunk;
  chunk.overlap = file->read.frontier.length();
  chunk.offset = file->read.offset;
  const uint64_t to_limit = file->read_limit - std::min(file->read_limit, chunk.offset);
  const size_t chunk_bytes = BytesToRead(*file, allowance);
  const size_t wanted = std::min<uint64_t>(to_limit, chunk_bytes);
  SLUICE_ASSIGN_OR_RETURN(size_t size,
                          file->file->ReadAt(chunk.offset - chunk.overlap, buffer_.get(), chunk.overlap + wanted));
  chunk.all = std::string_view(buffer_.get(), size);
  if (size < chunk.overlap || !SameHash(HashOf(chunk.before()), file->read.frontier)) {
    result.outcome = ReadResult::Outcome::kReplaced;
    return result;
  }
  chunk.reaches_end = chunk.fresh().size() < chunk_bytes;
  SLUICE_ASSIGN_OR_RETURN(bool same_head, UpdateHead(file));
  if (!same_head || (chunk.reaches_end && chunk.end() < file->size)) {
    result.outcome = ReadResult::Outcome::kReplaced;
    return result;
  }
  file->size = std::max(file->size, chunk.end());
  if (chunk.fresh().empty()) return result;
  if (!file->frame.known || file->framed_by != file->source) SLUICE_RETURN_IF_ERROR(FindFrameState(chunk, file));
  if (!file->frame.known) return result;
  if (!file->recalled) SLUICE_RETURN_IF_ERROR(RecallBeginning(file));
  const uint64_t first = file->batched.offset;
  uint64_t skipped = first == file->started_at ? file->started_at : 0;
  if (!message->BeginBatch(file->shared, first, skipped, file->head)) {
    result.outcome = ReadResult::Outcome::kMessageFull;
    return result;
  }
  appender_.Begin(file, message, static_cast<uint64_t>(clock_->UnixNanos()));
  batch_end_ = first;
  const Appended appended = plain ? AppendLines(chunk, allowance, file) : AppendFrames(chunk, allowance, file);
  static_cast<ReadCounts&>(result) = *appender_.counts();
  result.bytes = file->read.offset - chunk.offset;
  EndBatch(chunk, file, message);
  file->scanned = appended == Appended::kAll ? chunk.end() : file->read.offset;
  if (appended == Appended::kMessageFull) {
    result.outcome = ReadResult::Outcome::kMessageFull;
  } else if (!chunk.reaches_end || appended == Appended::kAllowed) {
    result.outcome = ReadResult::Outcome::kMore;
  }
  if (!plain) WaitForMore(chunk, file);
  return result;
}

// With limits not much more than is allowed; but all of a chunk, if less has no end of a line.
size_t FileReader::BytesToRead(const TailedFile& file, const ReadAllowance& allowance) const {
  if (!allowance.limited() || file.scanned > file.read.offset) return options_.chunk_bytes;
  const uint64_t lines_bytes = std::min<uint64_t>(allowance.lines, options_.chunk_bytes) * kSupposedLineBytes;
  const uint64_t bytes = std::max(kLimitedReadBytes, std::min(allowance.bytes, lines_bytes));
  return std::min<uint64_t>(bytes, options_.chunk_bytes);
}

void FileReader::EndBatch(const Chunk& chunk, TailedFile* file, MessageEncoder* message) {
  if (file->read.offset != chunk.offset) file->read = chunk.MarkAt(file->read.offset);
  if (appender_.counts()->records == 0) return message->CancelBatch();
  file->batched = batch_end_ == file->read.offset ? file->read : chunk.MarkAt(batch_end_);
  message->EndBatch(file->batched.offset, file->batched.frontier);
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
  return ExtendHead(file->file.get(), &file->head);
}

// Reading goes on in the middle of a file, after a restart: its first lines may name the columns of all.
absl::Status FileReader::RecallBeginning(TailedFile* file) {
  file->recalled = true;
  if (file->read.offset == 0) return absl::OkStatus();
  std::array<char, 4096> beginning;
  SLUICE_ASSIGN_OR_RETURN(size_t size, file->file->ReadAt(0, beginning.data(), beginning.size()));
  const std::string_view lines(beginning.data(), std::min<size_t>(size, file->read.offset));
  std::string decoded;
  if (file->encoding != Encoding::kUtf8) AppendUtf8(file->encoding, lines, &decoded);
  file->parser->Recall(decoded.empty() ? lines : decoded);
  return absl::OkStatus();
}

// The source's encoding, with the byte order that the file's beginning names.
absl::Status FileReader::FindEncoding(const Chunk& chunk, TailedFile* file) const {
  const Encoding encoding = file->source->framing().encoding();
  std::array<char, 2> beginning = {};
  if (encoding == Encoding::kUtf16 && chunk.offset > 0) {
    SLUICE_RETURN_IF_ERROR(file->file->ReadAt(0, beginning.data(), beginning.size()).status());
  } else {
    std::copy_n(chunk.fresh().data(), std::min(chunk.fresh().size(), beginning.size()), beginning.data());
  }
  file->encoding = WithByteOrder(encoding, {beginning.data(), beginning.size()});
  return absl::OkStatus();
}

// From the bytes before, as it would be had they been read just now. Not known yet while a byte order mark may follow.
absl::Status FileReader::FindFrameState(const Chunk& chunk, TailedFile* file) {
  file->frame.known = false;
  file->framed_by = file->source;
  const bool half_a_mark = chunk.offset == 0 && chunk.fresh().size() < 2 && !file->finishing;
  if (half_a_mark && file->source->framing().encoding() == Encoding::kUtf16) return absl::OkStatus();
  SLUICE_RETURN_IF_ERROR(FindEncoding(chunk, file));
  if (file->source->framing().container() == Container::kNone) {
    const bool inside = chunk.overlap > 0 && !EndsWithNewline(file->encoding, chunk.before(), chunk.overlap);
    file->frame = {.known = true, .inside = inside};
    return absl::OkStatus();
  }
  std::string before(std::min<uint64_t>(chunk.offset, ContainerFramer::kLookBackBytes + 1), '\0');
  SLUICE_ASSIGN_OR_RETURN(size_t size, file->file->ReadAt(chunk.offset - before.size(), before.data(), before.size()));
  before.resize(size);
  FramerOf(*file);
  file->frame = containers_.StateBehind(before, chunk.offset);
  return absl::OkStatus();
}

FileReader::Appended FileReader::AppendLines(const Chunk& chunk, const ReadAllowance& allowance, TailedFile* file) {
  std::string_view bytes = chunk.fresh();
  const size_t newlines_end = bytes.rfind('\n') + 1;  // 0 if there is no newline
  const size_t lines_end = allowance.limited() ? EndOfAllowed(bytes.substr(0, newlines_end), allowance) : newlines_end;
  // Almost always all of it is UTF-8, and one look tells; otherwise each line is looked at.
  bool all_valid = IsValidUtf8(bytes.substr(0, lines_end));
  size_t begin = 0;
  while (begin < lines_end) {
    auto* newline = static_cast<const char*>(std::memchr(bytes.data() + begin, '\n', lines_end - begin));
    std::string_view line(bytes.data() + begin, newline - (bytes.data() + begin));
    if (!AppendLine(line, all_valid, /*terminated=*/true, chunk.offset + begin, file)) return Appended::kMessageFull;
    begin += line.size() + 1;
  }
  if (lines_end < newlines_end) return Appended::kAllowed;
  std::string_view rest = bytes.substr(begin);
  if (rest.size() > options_.max_line_bytes || (file->finishing && chunk.reaches_end && !rest.empty())) {
    const bool fits = AppendLine(rest, /*valid_utf8=*/false, /*terminated=*/false, chunk.offset + begin, file);
    return fits ? Appended::kAll : Appended::kMessageFull;
  }
  return Appended::kAll;
}

// A whole line, or the last parts of one; unterminated: as many whole parts as there are, and all of it if the file is
// finishing. False if the message is full before.
bool FileReader::AppendLine(std::string_view line, bool valid_utf8, bool terminated, uint64_t offset,
                            TailedFile* file) {
  while (line.size() > options_.max_line_bytes) {
    size_t size = CutAt(Encoding::kUtf8, line, options_.max_line_bytes);
    v1::LinePart part = file->frame.inside ? v1::LINE_PART_MIDDLE : v1::LINE_PART_FIRST;
    const Outcome outcome = appender_.AppendLine(line.substr(0, size), valid_utf8, offset, part);
    if (outcome == Outcome::kFull) return false;
    ++appender_.counts()->long_line_parts;
    line.remove_prefix(size);
    offset += size;
    Took(outcome, /*inside=*/true, offset, file);
  }
  if (!terminated && !file->finishing) return true;
  v1::LinePart part = file->frame.inside ? v1::LINE_PART_LAST : v1::LINE_PART_UNSPECIFIED;
  if (!terminated) part = file->frame.inside ? v1::LINE_PART_LAST_UNTERMINATED : v1::LINE_PART_UNTERMINATED;
  const Outcome outcome = appender_.AppendLine(line, valid_utf8, offset, part);
  if (outcome == Outcome::kFull) return false;
  Took(outcome, /*inside=*/false, offset + line.size() + (terminated ? 1 : 0), file);
  return true;
}

// As AppendLines, for sources whose records are not simply lines.
FileReader::Appended FileReader::AppendFrames(const Chunk& chunk, const ReadAllowance& allowance, TailedFile* file) {
  const bool waited = file->flush_at != 0 && clock_->MonotonicNanos() >= file->flush_at;
  FrameInput input;
  input.bytes = chunk.fresh();
  input.offset = chunk.offset;
  input.at_end = chunk.reaches_end;
  input.flush = waited && file->flush_end == chunk.end();
  input.finishing = file->finishing;
  Framer* const framer = FramerOf(*file);
  framer->Begin(input, file->frame);
  // Text that was decoded is UTF-8; otherwise, as in AppendLines, one look mostly tells.
  const bool all_valid = file->encoding != Encoding::kUtf8 || IsValidUtf8(chunk.fresh());
  Frame frame;
  for (uint64_t count = 0; framer->Next(&frame); ++count) {
    if (count == allowance.lines || (count > 0 && frame.next - chunk.offset > allowance.bytes))
      return Appended::kAllowed;
    const Outcome outcome = appender_.AppendFrame(frame, all_valid);
    if (outcome == Outcome::kFull) return Appended::kMessageFull;
    if (GoesOn(frame.part)) ++appender_.counts()->long_line_parts;
    Took(outcome, frame.after.inside, frame.next, file);
    file->frame = frame.after;
  }
  return Appended::kAll;
}

Framer* FileReader::FramerOf(const TailedFile& file) {
  const Framing& framing = file.source->framing();
  if (framing.container() != Container::kNone) {
    containers_.Use(framing.container(), framing.rule(), framing.lines_max());
    return &containers_;
  }
  groups_.Use(file.encoding, framing.rule(), framing.lines_max());
  return &groups_;
}

// A record was read, and what is behind it begins at `next`, inside of the same line if it is a part of one. A batch
// never ends inside of a line that is dropped: read again from there, the line could not be judged.
void FileReader::Took(Outcome outcome, bool inside, uint64_t next, TailedFile* file) {
  file->read.offset = next;
  file->frame.inside = inside;
  if (inside) [[unlikely]] {
    file->long_line_dropped = outcome == Outcome::kDropped;  // all parts of a line are, or none
    if (file->long_line_dropped) return;
  } else {
    file->long_line_dropped = false;
  }
  batch_end_ = next;
}

// What is left at the end of the file is sent when the file has not grown for the source's timeout.
void FileReader::WaitForMore(const Chunk& chunk, TailedFile* file) const {
  const bool waits = chunk.reaches_end && file->read.offset < chunk.end() && file->scanned == chunk.end();
  const int64_t now = clock_->MonotonicNanos();
  if (!waits) {
    file->flush_at = 0;
    file->flush_end = 0;
  } else if (file->flush_end != chunk.end()) {
    file->flush_at = now + absl::ToInt64Nanoseconds(file->source->framing().timeout());
    file->flush_end = chunk.end();
  } else if (now >= file->flush_at) {
    file->flush_at = 0;  // what is left is the beginning of a line: only its newline ends it
  }
}

}  // namespace sluice::agent
