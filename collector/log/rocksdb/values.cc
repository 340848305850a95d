#include "collector/log/rocksdb/values.h"

#include "base/wire.h"

namespace sluice::collector {
namespace {

using wire::Field;
using wire::Type;

class FieldWriter {
 public:
  FieldWriter& Varint(uint32_t number, uint64_t value) {
    char* end = wire::WriteVarint(buffer_, wire::Tag(number, Type::kVarint));
    out_.append(buffer_, wire::WriteVarint(end, value));
    return *this;
  }
  FieldWriter& Fixed64(uint32_t number, uint64_t value) {
    char* end = wire::WriteVarint(buffer_, wire::Tag(number, Type::kFixed64));
    out_.append(buffer_, wire::WriteFixed64(end, value));
    return *this;
  }
  FieldWriter& Bytes(uint32_t number, std::string_view bytes) {
    char* end = wire::WriteVarint(buffer_, wire::Tag(number, Type::kBytes));
    out_.append(buffer_, wire::WriteVarint(end, bytes.size()));
    out_.append(bytes);
    return *this;
  }
  std::string Take() { return std::move(out_); }

 private:
  char buffer_[24];
  std::string out_;
};

// The fields of a value by their numbers, 0 or empty where they are missing.
class FieldTable {
 public:
  static constexpr uint32_t kFields = 8;

  // False if the value is malformed.
  bool Parse(std::string_view value) {
    wire::Reader reader(value);
    Field field;
    while (reader.Next(&field)) {
      if (field.number < kFields) fields_[field.number] = field;
    }
    return reader.ok();
  }
  uint64_t number(uint32_t n) const { return fields_[n].value; }
  std::string_view bytes(uint32_t n) const { return fields_[n].bytes; }

 private:
  Field fields_[kFields];
};

// FileWatermark's and FileIdentity's fields.
namespace watermark_fields {
constexpr uint32_t kFile = 1;
constexpr uint32_t kEndOffset = 2;
constexpr uint32_t kPath = 3;
constexpr uint32_t kHead = 4;
constexpr uint32_t kFrontier = 5;
constexpr uint32_t kDevice = 1;
constexpr uint32_t kInode = 2;
constexpr uint32_t kBirthTime = 3;
constexpr uint32_t kGeneration = 4;
}  // namespace watermark_fields

}  // namespace

std::string IndexEntry::Encode() const {
  return FieldWriter().Fixed64(1, static_cast<uint64_t>(append_unix_nano)).Varint(2, bytes).Varint(3, records).Take();
}

std::optional<IndexEntry> IndexEntry::Decode(std::string_view value) {
  FieldTable fields;
  if (!fields.Parse(value)) return std::nullopt;
  IndexEntry entry;
  entry.append_unix_nano = static_cast<int64_t>(fields.number(1));
  entry.bytes = static_cast<uint32_t>(fields.number(2));
  entry.records = static_cast<uint32_t>(fields.number(3));
  return entry;
}

std::string TopicAppended::Encode() const {
  return FieldWriter()
      .Bytes(1, name)
      .Varint(2, last_sequence)
      .Fixed64(3, static_cast<uint64_t>(last_append_unix_nano))
      .Varint(4, records)
      .Varint(5, bytes)
      .Take();
}

std::optional<TopicAppended> TopicAppended::Decode(std::string_view value) {
  FieldTable fields;
  if (!fields.Parse(value)) return std::nullopt;
  TopicAppended appended;
  appended.name = std::string(fields.bytes(1));
  appended.last_sequence = fields.number(2);
  appended.last_append_unix_nano = static_cast<int64_t>(fields.number(3));
  appended.records = fields.number(4);
  appended.bytes = fields.number(5);
  return appended;
}

std::string TopicDropped::Encode() const {
  FieldWriter writer;
  writer.Varint(1, through_sequence).Varint(2, records).Varint(3, bytes);
  for (const Step& step : steps) {
    writer.Bytes(4, FieldWriter().Varint(1, step.sequence).Varint(2, step.records_before).Take());
  }
  return writer.Take();
}

std::optional<TopicDropped> TopicDropped::Decode(std::string_view value) {
  TopicDropped dropped;
  wire::Reader reader(value);
  Field field;
  while (reader.Next(&field)) {
    if (field.number == 1) dropped.through_sequence = field.value;
    if (field.number == 2) dropped.records = field.value;
    if (field.number == 3) dropped.bytes = field.value;
    if (field.number == 4) {
      FieldTable step;
      if (!step.Parse(field.bytes)) return std::nullopt;
      dropped.steps.push_back({step.number(1), step.number(2)});
    }
  }
  if (!reader.ok()) return std::nullopt;
  return dropped;
}

std::string WatermarkValue::Encode(int64_t append_unix_nano, const BatchView& last) {
  namespace f = watermark_fields;
  FieldWriter file;
  file.Varint(f::kDevice, last.file.device).Varint(f::kInode, last.file.inode);
  file.Fixed64(f::kBirthTime, last.file.birth_time_unix_nano).Varint(f::kGeneration, last.file.generation);
  FieldWriter watermark;
  watermark.Bytes(f::kFile, file.Take()).Varint(f::kEndOffset, last.end_offset).Bytes(f::kPath, last.path);
  watermark.Bytes(f::kHead, last.head).Bytes(f::kFrontier, last.frontier);
  return FieldWriter().Fixed64(1, static_cast<uint64_t>(append_unix_nano)).Bytes(2, watermark.Take()).Take();
}

std::optional<WatermarkValue> WatermarkValue::Decode(std::string_view value) {
  FieldTable fields;
  if (!fields.Parse(value)) return std::nullopt;
  return WatermarkValue{static_cast<int64_t>(fields.number(1)), fields.bytes(2)};
}

std::optional<uint64_t> WatermarkValue::EndOffset(std::string_view watermark) {
  FieldTable fields;
  if (!fields.Parse(watermark)) return std::nullopt;
  return fields.number(watermark_fields::kEndOffset);
}

}  // namespace sluice::collector
