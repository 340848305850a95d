// ValidateBatch and its halves: every byte of every line passes through here, so the ways that hold are straight and
// the ways that fail are out of line.
#include <algorithm>
#include <cstring>
#include <limits>
#include <tuple>

#include "absl/base/attributes.h"
#include "absl/base/optimization.h"
#include "absl/status/status.h"
#include "base/status.h"
#include "base/text.h"
#include "base/wire.h"
#include "collector/log/batch_view.h"
#include "collector/log/wire_fields.h"
#include "sluice/v1/log.pb.h"

namespace sluice::collector {
namespace {

using wire::Field;
using wire::Type;

constexpr uint64_t kSeverityMax = v1::Severity_MAX;
static_assert(std::tuple_size_v<SeverityCounts> == kSeverityMax + 1);
// The tag of `records` as it stands in a batch: two bytes.
constexpr char kRecordTag[] = {static_cast<char>(0xc2), static_cast<char>(0x3e)};

// Most lines are ASCII; the compiler makes vector code of this.
bool IsAscii(std::string_view text) {
  uint64_t high = 0;
  const char* at = text.data();
  size_t left = text.size();
  for (; left >= sizeof high; left -= sizeof high, at += sizeof high) {
    uint64_t word;
    std::memcpy(&word, at, sizeof word);
    high |= word;
  }
  for (; left > 0; --left, ++at) high |= static_cast<uint8_t>(*at);
  return (high & 0x8080808080808080) == 0;
}

bool IsText(std::string_view text) { return IsAscii(text) || IsValidUtf8(text); }

// What is wrong, as a literal; null if nothing is.
using Fault = const char*;

// A map entry with two strings.
Fault CheckMapEntry(std::string_view bytes) {
  wire::Reader reader(bytes);
  Field field;
  while (reader.Next(&field)) {
    if (field.number != map_fields::kKey && field.number != map_fields::kValue) continue;
    if (field.type != Type::kBytes) return "a map's key or value is no string";
    if (!IsText(field.bytes)) return "a map's key or value is not UTF-8";
  }
  return reader.ok() ? nullptr : "a map's entry is malformed";
}

Fault CheckContentHash(std::string_view bytes) {
  wire::Reader reader(bytes);
  Field field;
  while (reader.Next(&field)) {
    if (field.number == hash_fields::kLength && (field.type != Type::kVarint || field.value >> 32 != 0)) {
      return "length is no 32-bit number";
    }
    if (field.number == hash_fields::kXxh3 && field.type != Type::kFixed64) return "xxh3 is no fixed64";
  }
  return reader.ok() ? nullptr : "it is malformed";
}

Fault CheckString(const Field& field) {
  if (field.type != Type::kBytes) return "it is no string";
  return IsText(field.bytes) ? nullptr : "it is not UTF-8";
}

absl::Status NamedFault(std::string_view name, Fault fault) {
  if (ABSL_PREDICT_TRUE(fault == nullptr)) return absl::OkStatus();
  return InvalidArgument(name, ": ", fault);
}

absl::Status CheckSharedField(const Field& field) {
  switch (field.number) {
    case batch_fields::kHost:
      return NamedFault("host", CheckString(field));
    case batch_fields::kPath:
      return NamedFault("path", CheckString(field));
    case batch_fields::kSource:
      return NamedFault("source", CheckString(field));
    case batch_fields::kLabels:
      return NamedFault("labels", field.type == Type::kBytes ? CheckMapEntry(field.bytes) : "it is no map");
    case batch_fields::kHead:
      return NamedFault("head", CheckContentHash(field.bytes));
    case batch_fields::kFrontier:
      return NamedFault("frontier", CheckContentHash(field.bytes));
    case batch_fields::kSkippedBytes:
      return NamedFault("skipped_bytes", field.type == Type::kVarint ? nullptr : "it is no varint");
    default:
      return absl::OkStatus();
  }
}

// The records, one after the other, and what they sum up to.
class RecordChecker {
 public:
  RecordChecker(uint64_t first_offset, uint64_t end_offset) : next_offset_(first_offset), end_offset_(end_offset) {}

  // One LogRecord message.
  Fault Check(std::string_view bytes) {
    time_ = severity_ = offset_ = 0;
    wire::Reader reader(bytes);
    Field field;
    while (reader.Next(&field)) {
      if (Fault fault = CheckField(field); ABSL_PREDICT_FALSE(fault != nullptr)) return fault;
    }
    if (ABSL_PREDICT_FALSE(!reader.ok())) return "it is malformed";
    if (ABSL_PREDICT_FALSE(severity_ > kSeverityMax)) return "severity: allowed are 0 to 24";
    if (ABSL_PREDICT_FALSE(offset_ < next_offset_)) return "offset: not behind the one before and first_offset";
    if (ABSL_PREDICT_FALSE(offset_ >= end_offset_)) return "offset: not below end_offset";
    next_offset_ = offset_ + 1;
    ++count_;
    ++by_severity_[severity_];
    min_time_ = std::min(min_time_, time_);
    max_time_ = std::max(max_time_, time_);
    return nullptr;
  }

  uint64_t count() const { return count_; }
  const SeverityCounts& by_severity() const { return by_severity_; }

  RecordTotals Totals() const {
    RecordTotals totals{static_cast<uint32_t>(count_), 0, min_time_, max_time_};
    for (size_t i = 0; i < by_severity_.size(); ++i) totals.severities |= uint32_t{by_severity_[i] != 0} << i;
    return totals;
  }

 private:
  Fault CheckField(const Field& field) {
    switch (field.number) {
      case record_fields::kTime:
        time_ = field.value;
        return field.type == Type::kFixed64 ? nullptr : "time_unix_nano is no fixed64";
      case record_fields::kSeverity:
        severity_ = field.value;
        return field.type == Type::kVarint ? nullptr : "severity is no varint";
      case record_fields::kOffset:
        offset_ = field.value;
        return field.type == Type::kVarint ? nullptr : "offset is no varint";
      case record_fields::kPart:
        return field.type == Type::kVarint ? nullptr : "part is no varint";
      case record_fields::kBody:
        if (ABSL_PREDICT_FALSE(field.type != Type::kBytes)) return "body is no string";
        return IsText(field.bytes) ? nullptr : "body is not UTF-8 (such a line's bytes belong in raw_body)";
      case record_fields::kSeverityText:
        if (ABSL_PREDICT_FALSE(field.type != Type::kBytes)) return "severity_text is no string";
        return IsText(field.bytes) ? nullptr : "severity_text is not UTF-8";
      case record_fields::kRawBody:
        return field.type == Type::kBytes ? nullptr : "raw_body is no bytes";
      case record_fields::kAttributes:
        return field.type == Type::kBytes ? CheckMapEntry(field.bytes) : "attributes is no map";
      default:
        return nullptr;
    }
  }

  // The record under the hand.
  uint64_t time_ = 0;
  uint64_t severity_ = 0;
  uint64_t offset_ = 0;
  // All of them.
  uint64_t next_offset_;
  const uint64_t end_offset_;
  uint64_t count_ = 0;
  SeverityCounts by_severity_{};
  uint64_t min_time_ = std::numeric_limits<uint64_t>::max();
  uint64_t max_time_ = 0;
};

// Reads the tag and the length of a record at the beginning of `rest`, and takes them and the record off it. False if
// something else stands there.
bool TakeRecord(std::string_view* rest, std::string_view* record) {
  constexpr size_t kLengthBytesMax = 5;
  if (rest->size() < sizeof kRecordTag || std::memcmp(rest->data(), kRecordTag, sizeof kRecordTag) != 0) return false;
  uint64_t length = 0;
  size_t at = sizeof kRecordTag;
  for (size_t shift = 0;; shift += 7) {
    if (at == rest->size() || shift == 7 * kLengthBytesMax) return false;
    auto byte = static_cast<uint8_t>((*rest)[at++]);
    length |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  if (length > rest->size() - at) return false;
  *record = rest->substr(at, length);
  rest->remove_prefix(at + length);
  return true;
}

ABSL_ATTRIBUTE_NOINLINE absl::Status RecordFault(uint64_t index, size_t position, Fault fault) {
  return InvalidArgument("records[", index, "] at byte ", position, ": ", fault);
}

// `position` of the records in what is spoken of.
absl::Status CheckRecords(std::string_view records, size_t position, RecordChecker* checker) {
  if (records.empty()) return InvalidArgument("the batch has no records: at least one is needed");
  const size_t end = position + records.size();
  for (std::string_view rest = records; !rest.empty();) {
    const size_t begin = end - rest.size();
    std::string_view record;
    if (ABSL_PREDICT_FALSE(!TakeRecord(&rest, &record))) {
      return RecordFault(checker->count(), begin, "it is malformed, or no record (records stand last)");
    }
    if (Fault fault = checker->Check(record); ABSL_PREDICT_FALSE(fault != nullptr)) {
      return RecordFault(checker->count(), begin, fault);
    }
  }
  return absl::OkStatus();
}

absl::Status Untrue(std::string_view field, uint64_t said, uint64_t counted) {
  return InvalidArgument("summary.", field, " says ", said, ", the records say ", counted);
}

absl::Status CheckSummary(const BatchView& batch, const RecordTotals& totals) {
  if (batch.count != totals.count) return Untrue("count", batch.count, totals.count);
  if (batch.severities != totals.severities) return Untrue("severities", batch.severities, totals.severities);
  if (batch.min_time_unix_nano != totals.min_time_unix_nano) {
    return Untrue("min_time_unix_nano", batch.min_time_unix_nano, totals.min_time_unix_nano);
  }
  if (batch.max_time_unix_nano != totals.max_time_unix_nano) {
    return Untrue("max_time_unix_nano", batch.max_time_unix_nano, totals.max_time_unix_nano);
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ValidateSharedFields(const BatchView& batch) {
  SLUICE_RETURN_IF_ERROR(CheckTopicName(batch.topic));
  SLUICE_RETURN_IF_ERROR(CheckAgentId(batch.agent));
  if (batch.first_offset >= batch.end_offset) {
    return InvalidArgument("first_offset ", batch.first_offset, " is not below end_offset ", batch.end_offset);
  }
  wire::Reader reader(batch.bytes.substr(0, batch.records_begin));
  Field field;
  while (reader.Next(&field)) SLUICE_RETURN_IF_ERROR(CheckSharedField(field));
  return absl::OkStatus();
}

absl::StatusOr<RecordTotals> ValidateRecords(std::string_view records, uint64_t first_offset, uint64_t end_offset) {
  RecordChecker checker(first_offset, end_offset);
  SLUICE_RETURN_IF_ERROR(CheckRecords(records, /*position=*/0, &checker));
  return checker.Totals();
}

absl::Status ValidateBatch(const BatchView& batch, SeverityCounts* by_severity) {
  SLUICE_RETURN_IF_ERROR(ValidateSharedFields(batch));
  RecordChecker checker(batch.first_offset, batch.end_offset);
  SLUICE_RETURN_IF_ERROR(CheckRecords(batch.bytes.substr(batch.records_begin), batch.records_begin, &checker));
  if (by_severity != nullptr) *by_severity = checker.by_severity();
  return CheckSummary(batch, checker.Totals());
}

}  // namespace sluice::collector
