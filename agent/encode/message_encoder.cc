#include "agent/encode/message_encoder.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "base/text.h"
#include "base/wire.h"
#include "sluice/v1/ingest_service.pb.h"

namespace sluice::agent {
namespace {

using wire::Tag;
using wire::Type;
using wire::VarintSize;
using wire::WriteVarint;

// Every tag but that of `records` is one byte.
constexpr uint32_t kRecordsTag = Tag(v1::LogBatch::kRecordsFieldNumber, Type::kBytes);
constexpr size_t kRecordsTagSize = 2;
static_assert(VarintSize(kRecordsTag) == kRecordsTagSize);
static_assert(BatchOverhead({}) < 128, "the part of a batch's header that is not shared fits a small buffer");

// A field is left out if it has its default: these are its size and its writer, which must agree.

size_t VarintFieldSize(uint64_t value) { return value == 0 ? 0 : 1 + VarintSize(value); }
char* WriteVarintField(char* out, uint32_t field, uint64_t value) {
  if (value == 0) return out;
  *out++ = static_cast<char>(Tag(field, Type::kVarint));
  return WriteVarint(out, value);
}

size_t Fixed64FieldSize(uint64_t value) { return value == 0 ? 0 : 1 + sizeof value; }
char* WriteFixed64Field(char* out, uint32_t field, uint64_t value) {
  if (value == 0) return out;
  *out++ = static_cast<char>(Tag(field, Type::kFixed64));
  return wire::WriteFixed64(out, value);
}

size_t BytesFieldSizeAlways(size_t size) { return 1 + VarintSize(size) + size; }
char* WriteBytesFieldAlways(char* out, uint32_t field, std::string_view bytes) {
  *out++ = static_cast<char>(Tag(field, Type::kBytes));
  return bytes.empty() ? WriteVarint(out, 0) : wire::WriteBytes(out, bytes);  // memcpy wants no null
}

size_t BytesFieldSize(size_t size) { return size == 0 ? 0 : BytesFieldSizeAlways(size); }
char* WriteBytesField(char* out, uint32_t field, std::string_view bytes) {
  return bytes.empty() ? out : WriteBytesFieldAlways(out, field, bytes);
}

// memcpy for what is mostly a few bytes: without a call.
[[gnu::always_inline]] inline char* CopyShort(char* out, std::string_view bytes) {
  const size_t size = bytes.size();
  const char* const from = bytes.data();
  const auto copy_both_ends = [&]<size_t kSize>() {  // which overlap
    std::memcpy(out, from, kSize);
    std::memcpy(out + size - kSize, from + size - kSize, kSize);
  };
  if (size > 32) {
    std::memcpy(out, from, size);
  } else if (size >= 16) {
    copy_both_ends.operator()<16>();
  } else if (size >= 8) {
    copy_both_ends.operator()<8>();
  } else if (size >= 4) {
    copy_both_ends.operator()<4>();
  } else if (size > 0) {
    out[0] = from[0];
    out[size / 2] = from[size / 2];
    out[size - 1] = from[size - 1];
  }
  return out + size;
}

// As CopyShort: kPaddingBytes behind `bytes` may be read, and behind `out + size` written.
[[gnu::always_inline]] inline char* CopyPadded(char* out, std::string_view bytes) {
  std::memcpy(out, bytes.data(), kPaddingBytes);
  if (bytes.size() > kPaddingBytes) [[unlikely]]
    std::memcpy(out, bytes.data(), bytes.size());
  return out + bytes.size();
}

template <typename Number>
[[gnu::always_inline]] inline char* WriteLittle(char* out, Number number) {
  std::memcpy(out, &number, sizeof number);
  return out + sizeof number;
}

// An entry of a map<string, string>: a message of key 1 and value 2, both always there.
constexpr size_t kShortEntryMax = 123;  // of key and value: all lengths are one byte then
size_t EntrySize(const Record::Attribute& a) {
  return BytesFieldSizeAlways(a.first.size()) + BytesFieldSizeAlways(a.second.size());
}
size_t EntryFieldSize(const Record::Attribute& a) {
  const size_t size = a.first.size() + a.second.size();
  return size <= kShortEntryMax ? size + 6 : BytesFieldSizeAlways(EntrySize(a));
}
template <bool kPadded>
[[gnu::always_inline]] inline char* WriteEntryField(char* out, uint32_t field, const Record::Attribute& a) {
  const auto copy = [](char* to, std::string_view bytes) {
    return kPadded ? CopyPadded(to, bytes) : CopyShort(to, bytes);
  };
  const size_t size = a.first.size() + a.second.size();
  if (size > kShortEntryMax) [[unlikely]] {
    *out++ = static_cast<char>(Tag(field, Type::kBytes));
    out = WriteVarint(out, EntrySize(a));
    out = WriteBytesFieldAlways(out, 1, a.first);
    return WriteBytesFieldAlways(out, 2, a.second);
  }
  const uint32_t before_name = Tag(field, Type::kBytes) | static_cast<uint32_t>(size + 4) << 8 |
                               Tag(1, Type::kBytes) << 16 | static_cast<uint32_t>(a.first.size()) << 24;
  out = copy(WriteLittle(out, before_name), a.first);
  const auto before_value = static_cast<uint16_t>(Tag(2, Type::kBytes) | a.second.size() << 8);
  return copy(WriteLittle(out, before_value), a.second);
}

char* WriteHash(char* out, uint32_t field, uint32_t length, uint64_t xxh3) {
  if (length == 0) return out;
  *out++ = static_cast<char>(Tag(field, Type::kBytes));
  out = WriteVarint(out, VarintFieldSize(length) + Fixed64FieldSize(xxh3));
  out = WriteVarintField(out, v1::ContentHash::kLengthFieldNumber, length);
  return WriteFixed64Field(out, v1::ContentHash::kXxh3FieldNumber, xxh3);
}

// What stands on the wire for a record's line and attributes; the other fields are taken as they are.
struct WireText {
  std::string_view body;
  std::string_view raw_body;
  std::span<const Record::Attribute> attributes;
};

[[gnu::always_inline]] inline size_t RecordSize(const Record& r, const WireText& text) {
  size_t size = Fixed64FieldSize(r.time_unix_nano) + VarintFieldSize(r.severity) +
                BytesFieldSize(r.severity_text.size()) + BytesFieldSize(text.body.size()) + VarintFieldSize(r.offset) +
                BytesFieldSize(text.raw_body.size()) + VarintFieldSize(r.part);
  for (const Record::Attribute& a : text.attributes) size += EntryFieldSize(a);
  return size;
}

template <bool kPadded>
[[gnu::always_inline]] inline char* WriteRecord(char* out, const Record& r, const WireText& text) {
  using R = v1::LogRecord;
  out = WriteFixed64Field(out, R::kTimeUnixNanoFieldNumber, r.time_unix_nano);
  out = WriteVarintField(out, R::kSeverityFieldNumber, r.severity);
  out = WriteBytesField(out, R::kSeverityTextFieldNumber, r.severity_text);
  out = WriteBytesField(out, R::kBodyFieldNumber, text.body);
  for (const Record::Attribute& a : text.attributes) out = WriteEntryField<kPadded>(out, R::kAttributesFieldNumber, a);
  out = WriteVarintField(out, R::kOffsetFieldNumber, r.offset);
  out = WriteBytesField(out, R::kRawBodyFieldNumber, text.raw_body);
  return WriteVarintField(out, R::kPartFieldNumber, r.part);
}

// Writes it with its tag and length; null if there is no room.
[[gnu::always_inline]] inline char* AppendRecord(char* out, const char* limit, const Record& r, const WireText& text) {
  const size_t size = RecordSize(r, text);
  if (kRecordsTagSize + VarintSize(size) + size > static_cast<size_t>(limit - out)) return nullptr;
  out = WriteVarint(out, kRecordsTag);
  out = WriteVarint(out, size);
  return WriteRecord</*kPadded=*/false>(out, r, text);
}

[[gnu::noinline]] char* AppendExactly(char* out, const char* limit, const Record& record) {
  return AppendRecord(out, limit, record, {.body = record.line, .raw_body = {}, .attributes = record.attributes});
}

// As AppendExactly, in one pass, for attributes that are padded: the record's size is known when it is written. Null
// also if there is no room for the longest that it might be, and for what is written behind it meanwhile.
[[gnu::always_inline]] inline char* AppendInOnePass(char* out, const char* limit, const Record& record) {
  constexpr size_t kUsualSizeBytes = 2;  // of a record of 128 to 16383 bytes
  constexpr size_t kEntryOverheadMax = 3 * (1 + 4);
  const size_t most = kRecordsTagSize + kRecordOverheadBytes + record.severity_text.size() + record.line.size() +
                      record.padded_attribute_bytes + record.attributes.size() * kEntryOverheadMax + kPaddingBytes;
  if (static_cast<size_t>(limit - out) < most) return nullptr;
  char* const size_at = WriteVarint(out, kRecordsTag);
  char* const begin = size_at + kUsualSizeBytes;
  char* const end = WriteRecord</*kPadded=*/true>(
      begin, record, {.body = record.line, .raw_body = {}, .attributes = record.attributes});
  const auto size = static_cast<size_t>(end - begin);
  const size_t size_bytes = VarintSize(size);
  if (size_bytes != kUsualSizeBytes) [[unlikely]]
    std::memmove(size_at + size_bytes, begin, size);
  return WriteVarint(size_at, size) + size;
}

// The rare record that is not simply a line of UTF-8 text.
[[gnu::noinline]] char* AppendUnusualRecord(char* out, const char* limit, const Record& record) {
  WireText text = {.body = record.line, .raw_body = record.exact, .attributes = {}};
  std::string readable;
  if (!record.valid_utf8) {
    readable = ReplaceInvalidUtf8(record.line);
    text.body = readable;
    text.raw_body = record.line;
  }
  std::vector<Record::Attribute> attributes(record.attributes.begin(), record.attributes.end());
  std::vector<std::string> readable_attributes;
  readable_attributes.reserve(2 * attributes.size());
  for (auto& [name, value] : attributes) {
    for (std::string_view* part : {&name, &value}) {
      if (!IsValidUtf8(*part)) *part = readable_attributes.emplace_back(ReplaceInvalidUtf8(*part));
    }
  }
  text.attributes = attributes;
  return AppendRecord(out, limit, record, text);
}

}  // namespace

void MessageEncoder::Reset(char* buffer, size_t capacity) {
  begin_ = end_ = buffer;
  limit_ = buffer + capacity;
  count_ = 0;
}

bool MessageEncoder::BeginBatch(std::string_view shared, uint64_t first_offset, uint64_t skipped_bytes,
                                const v1::ContentHash& head) {
  const size_t overhead = BatchOverhead(shared);
  if (overhead > room()) return false;
  batch_begin_ = end_;
  end_ += overhead;
  records_begin_ = end_;
  shared_ = shared;
  first_offset_ = first_offset;
  skipped_bytes_ = skipped_bytes;
  head_length_ = head.length();
  head_xxh3_ = head.xxh3();
  count_ = 0;
  severities_ = 0;
  min_time_ = UINT64_MAX;
  max_time_ = 0;
  return true;
}

bool MessageEncoder::AddRecord(const Record& record) {
  const bool no_attributes = record.attributes.empty();
  char* end = nullptr;
  if (record.valid_utf8 && record.exact.empty() && (no_attributes || record.attributes_are_utf8)) [[likely]] {
    if (no_attributes || record.padded_attribute_bytes > 0) end = AppendInOnePass(end_, limit_, record);
    if (end == nullptr) end = AppendExactly(end_, limit_, record);
  } else {
    end = AppendUnusualRecord(end_, limit_, record);
  }
  if (end == nullptr) return false;
  end_ = end;
  ++count_;
  severities_ |= 1u << (record.severity & 31);
  min_time_ = std::min(min_time_, record.time_unix_nano);
  max_time_ = std::max(max_time_, record.time_unix_nano);
  return true;
}

// The fields between the shared ones and the records.
char* MessageEncoder::WriteHeader(char* out, uint64_t end_offset, const v1::ContentHash& frontier) const {
  using B = v1::LogBatch;
  using S = v1::BatchSummary;
  out = WriteVarintField(out, B::kFirstOffsetFieldNumber, first_offset_);
  out = WriteVarintField(out, B::kEndOffsetFieldNumber, end_offset);
  *out++ = static_cast<char>(Tag(B::kSummaryFieldNumber, Type::kBytes));
  out = WriteVarint(out, VarintFieldSize(count_) + VarintFieldSize(severities_) + Fixed64FieldSize(min_time_) +
                             Fixed64FieldSize(max_time_));
  out = WriteVarintField(out, S::kCountFieldNumber, count_);
  out = WriteVarintField(out, S::kSeveritiesFieldNumber, severities_);
  out = WriteFixed64Field(out, S::kMinTimeUnixNanoFieldNumber, min_time_);
  out = WriteFixed64Field(out, S::kMaxTimeUnixNanoFieldNumber, max_time_);
  out = WriteHash(out, B::kHeadFieldNumber, head_length_, head_xxh3_);
  out = WriteHash(out, B::kFrontierFieldNumber, frontier.length(), frontier.xxh3());
  return WriteVarintField(out, B::kSkippedBytesFieldNumber, skipped_bytes_);
}

void MessageEncoder::EndBatch(uint64_t end_offset, const v1::ContentHash& frontier) {
  char header[BatchOverhead({})];
  const size_t header_size = static_cast<size_t>(WriteHeader(header, end_offset, frontier) - header);
  const size_t batch_size = shared_.size() + header_size + static_cast<size_t>(end_ - records_begin_);

  // Right-aligned before the records.
  char* const start = records_begin_ - header_size - shared_.size() - VarintSize(batch_size) - 1;
  char* out = start;
  *out++ = static_cast<char>(Tag(v1::PushRequest::kBatchesFieldNumber, Type::kBytes));
  out = WriteVarint(out, batch_size);
  out = std::copy(shared_.begin(), shared_.end(), out);
  std::memcpy(out, header, header_size);

  // What was reserved and not used becomes room before the message, or is closed by moving the smaller side.
  const size_t slack = static_cast<size_t>(start - batch_begin_);
  const size_t before = static_cast<size_t>(batch_begin_ - begin_);
  const size_t after = static_cast<size_t>(end_ - start);
  if (before <= after) {
    if (before > 0) std::memmove(begin_ + slack, begin_, before);
    begin_ += slack;
  } else {
    std::memmove(batch_begin_, start, after);
    end_ -= slack;
  }
  count_ = 0;
}

void MessageEncoder::CancelBatch() {
  end_ = batch_begin_;
  count_ = 0;
}

}  // namespace sluice::agent
