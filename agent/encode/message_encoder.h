// Lines → the bytes of a PushRequest, written once into the caller's buffer.
//
//   MessageEncoder message;
//   message.Reset(buffer, capacity);
//   if (message.BeginBatch(shared, first_offset, 0, head)) {
//     while (…) if (!message.AddRecord(record)) break;   // full: the record belongs into the next message
//     if (message.batch_records() > 0) message.EndBatch(end_offset, frontier); else message.CancelBatch();
//   }
//   Send(message.message());
//
// The records of a batch stand last on the wire, but what stands before them (length, summary, frontier) is known only
// at the end. So room for the longest such header is kept free before the records, and EndBatch writes the header
// right-aligned into it: a message of one batch is never moved.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include "sluice/v1/log.pb.h"

namespace sluice::agent {

// A line on its way to the wire; the fields of LogRecord. The views are looked at only during AddRecord.
struct Record {
  using Attribute = std::pair<std::string_view, std::string_view>;  // name, value

  uint64_t time_unix_nano = 0;
  v1::Severity severity = v1::SEVERITY_UNSPECIFIED;
  std::string_view severity_text = {};  // valid UTF-8
  std::string_view line = {};
  bool valid_utf8 = true;       // false: the line's exact bytes go into `raw_body`, a readable form into `body`
  std::string_view exact = {};  // not empty: the exact bytes of a line that came in another encoding, with a part that
                                // is no text; `line` is then UTF-8
  std::span<const Attribute> attributes = {};  // names differ; what is no UTF-8 in them is shown as U+FFFD
  bool attributes_are_utf8 = false;            // known to be: nobody has to look
  // What names and values take together, if kPaddingBytes behind each of them may be read, whatever is there; or 0.
  size_t padded_attribute_bytes = 0;
  uint64_t offset = 0;
  v1::LinePart part = v1::LINE_PART_UNSPECIFIED;
};

// Short texts are copied in one piece of this size, without looking how short they are, where what is behind them may
// be read.
inline constexpr size_t kPaddingBytes = 32;

// A record without attributes takes at most this much more than its severity_text and its line (four times its line
// and this, if that is not UTF-8); see also BatchOverhead.
inline constexpr size_t kRecordOverheadBytes = 64;

// What a batch takes at most beside its records.
constexpr size_t BatchOverhead(std::string_view shared) {
  constexpr size_t kOffsets = 3 * (1 + 10);                   // first_offset, end_offset, skipped_bytes
  constexpr size_t kSummary = 2 + 2 * (1 + 5) + 2 * (1 + 8);  // count, severities, min and max time
  constexpr size_t kHashes = 2 * (2 + (1 + 5) + (1 + 8));     // head, frontier
  constexpr size_t kFraming = 1 + 5;                          // PushRequest.batches
  return kFraming + shared.size() + kOffsets + kSummary + kHashes;
}

// A PushRequest of any number of batches, without its `sequence`, which whoever sends it appends as a field of its own.
// Output is canonical: what the generated classes would write, to the byte, but for the order of attributes.
// Allocates nothing, but for lines that are not UTF-8. Not thread-safe.
class MessageEncoder {
 public:
  // Begins an empty message in `buffer`, which must live until the message is sent. capacity < 2 GiB.
  void Reset(char* buffer, size_t capacity);

  // Begins a batch. `shared` is EncodeSharedFields's and must live until EndBatch. A hash of length 0 is left out.
  // False if there is no room for it: nothing began.
  bool BeginBatch(std::string_view shared, uint64_t first_offset, uint64_t skipped_bytes, const v1::ContentHash& head);
  // False if there is no room for it: nothing was written.
  bool AddRecord(const Record& record);
  // Ends a batch of at least one record.
  void EndBatch(uint64_t end_offset, const v1::ContentHash& frontier);
  // Takes back BeginBatch and the records since.
  void CancelBatch();

  // Of the batch that is open: how many records it has.
  uint32_t batch_records() const { return count_; }
  // Bytes of the buffer that are still free.
  size_t room() const { return static_cast<size_t>(limit_ - end_); }
  // The message, between batches; empty if it has none.
  std::string_view message() const { return {begin_, static_cast<size_t>(end_ - begin_)}; }

 private:
  char* WriteHeader(char* out, uint64_t end_offset, const v1::ContentHash& frontier) const;

  char* begin_ = nullptr;  // the message is [begin_, end_)
  char* end_ = nullptr;
  char* limit_ = nullptr;

  // The open batch.
  char* batch_begin_ = nullptr;    // where the message ended before it
  char* records_begin_ = nullptr;  // its records are [records_begin_, end_); room for its header is before them
  std::string_view shared_;
  uint64_t first_offset_ = 0;
  uint64_t skipped_bytes_ = 0;
  uint32_t head_length_ = 0;
  uint64_t head_xxh3_ = 0;
  uint32_t count_ = 0;
  uint32_t severities_ = 0;
  uint64_t min_time_ = 0;
  uint64_t max_time_ = 0;
};

}  // namespace sluice::agent
