#include "consumer/client/batch.h"

#include "base/status.h"
#include "base/text.h"

namespace sluice::client {
namespace {

using v1::LogBatch;
using v1::LogRecord;
using wire::Tag;
using wire::Type;

constexpr uint32_t kMapKey = 1;
constexpr uint32_t kMapValue = 2;
constexpr uint32_t kRecordTag = Tag(LogBatch::kRecordsFieldNumber, Type::kBytes);

uint32_t TagOf(const wire::Field& field) { return Tag(field.number, field.type); }

// Takes the next field off the front of `*message`; false at its end or where it is malformed.
bool TakeFront(std::string_view* message, wire::Field* field) {
  wire::Reader reader(*message);
  if (!reader.Next(field)) return false;
  message->remove_prefix(reader.position());
  return true;
}

bool IsWellFormed(std::string_view message) {
  wire::Reader reader(message);
  wire::Field field;
  while (reader.Next(&field)) {
  }
  return reader.ok();
}

bool IsTextMapEntry(std::string_view entry) {
  wire::Reader reader(entry);
  wire::Field field;
  while (reader.Next(&field)) {
    if (field.type == Type::kBytes && field.number <= kMapValue && !IsValidUtf8(field.bytes)) return false;
  }
  return reader.ok();
}

template <bool kCheck>
bool TakeText(std::string_view bytes, std::string_view* text) {
  *text = bytes;
  return !kCheck || IsValidUtf8(bytes);
}

}  // namespace

void StringMapView::Iterator::Advance() {
  wire::Field field;
  while (TakeFront(&rest_, &field)) {
    if (field.number != field_ || field.type != Type::kBytes) continue;
    entry_begin_ = field.bytes.data();
    entry_ = Entry();
    wire::Reader reader(field.bytes);
    wire::Field part;
    while (reader.Next(&part)) {
      if (part.type != Type::kBytes) continue;
      if (part.number == kMapKey) entry_.key = part.bytes;
      if (part.number == kMapValue) entry_.value = part.bytes;
    }
    return;
  }
  entry_begin_ = nullptr;
}

template <bool kCheck>
bool RecordView::ParseFields(std::string_view bytes, RecordView* record) {
  *record = RecordView();
  record->bytes_ = bytes;
  wire::Reader reader(bytes);
  wire::Field field;
  bool ok = true;
  while (ok && reader.Next(&field)) {
    switch (TagOf(field)) {
      case Tag(LogRecord::kTimeUnixNanoFieldNumber, Type::kFixed64):
        record->time_unix_nano_ = field.value;
        break;
      case Tag(LogRecord::kSeverityFieldNumber, Type::kVarint):
        record->severity_ = static_cast<v1::Severity>(static_cast<int32_t>(field.value));
        break;
      case Tag(LogRecord::kSeverityTextFieldNumber, Type::kBytes):
        ok = TakeText<kCheck>(field.bytes, &record->severity_text_);
        break;
      case Tag(LogRecord::kBodyFieldNumber, Type::kBytes):
        ok = TakeText<kCheck>(field.bytes, &record->body_);
        break;
      case Tag(LogRecord::kAttributesFieldNumber, Type::kBytes):
        ok = !kCheck || IsTextMapEntry(field.bytes);
        break;
      case Tag(LogRecord::kOffsetFieldNumber, Type::kVarint):
        record->offset_ = field.value;
        break;
      case Tag(LogRecord::kRawBodyFieldNumber, Type::kBytes):
        record->raw_body_ = field.bytes;
        break;
      case Tag(LogRecord::kPartFieldNumber, Type::kVarint):
        record->part_ = static_cast<v1::LinePart>(static_cast<int32_t>(field.value));
        break;
      default:  // a newer collector's
        break;
    }
  }
  return ok && reader.ok();
}

bool RecordView::ParseChecked(std::string_view bytes, RecordView* record) { return ParseFields<true>(bytes, record); }

absl::Time RecordView::time() const {
  // In two steps: the wire's unsigned nanoseconds reach further than absl::FromUnixNanos.
  constexpr uint64_t kSecond = 1'000'000'000;
  return absl::FromUnixSeconds(static_cast<int64_t>(time_unix_nano_ / kSecond)) +
         absl::Nanoseconds(static_cast<int64_t>(time_unix_nano_ % kSecond));
}

LogRecord RecordView::ToProto() const {
  LogRecord record;
  record.ParseFromArray(bytes_.data(), static_cast<int>(bytes_.size()));
  return record;
}

void RecordRange::Iterator::Advance() {
  if (--left_ == 0) return;
  wire::Field field;
  while (TakeFront(&rest_, &field)) {
    if (TagOf(field) != kRecordTag) continue;
    RecordView::ParseFields<false>(field.bytes, &record_);
    if (record_.time_unix_nano() >= min_time_ && record_.offset() >= min_offset_) return;
  }
  left_ = 0;
}

bool Batch::TakeSharedField(const wire::Field& field) {
  switch (TagOf(field)) {
    case Tag(LogBatch::kTopicFieldNumber, Type::kBytes):
      return TakeText<true>(field.bytes, &topic_);
    case Tag(LogBatch::kAgentFieldNumber, Type::kBytes):
      return TakeText<true>(field.bytes, &agent_);
    case Tag(LogBatch::kHostFieldNumber, Type::kBytes):
      return TakeText<true>(field.bytes, &host_);
    case Tag(LogBatch::kPathFieldNumber, Type::kBytes):
      return TakeText<true>(field.bytes, &path_);
    case Tag(LogBatch::kSourceFieldNumber, Type::kBytes):
      return TakeText<true>(field.bytes, &source_);
    case Tag(LogBatch::kLabelsFieldNumber, Type::kBytes):
      return IsTextMapEntry(field.bytes);
    case Tag(LogBatch::kFileFieldNumber, Type::kBytes):
      file_ = field.bytes;
      return IsWellFormed(field.bytes);
    case Tag(LogBatch::kSummaryFieldNumber, Type::kBytes):
    case Tag(LogBatch::kHeadFieldNumber, Type::kBytes):
    case Tag(LogBatch::kFrontierFieldNumber, Type::kBytes):
      return IsWellFormed(field.bytes);
    case Tag(LogBatch::kFirstOffsetFieldNumber, Type::kVarint):
      first_offset_ = field.value;
      return true;
    case Tag(LogBatch::kEndOffsetFieldNumber, Type::kVarint):
      end_offset_ = field.value;
      return true;
    default:  // a newer collector's
      return true;
  }
}

absl::StatusOr<Batch> Batch::Parse(std::string_view bytes, uint64_t min_time_unix_nano) {
  Batch batch;
  batch.bytes_ = bytes;
  batch.records_.min_time_ = min_time_unix_nano;
  std::string_view rest = bytes;
  std::string_view here = bytes;  // from the present field on
  wire::Field field;
  RecordView record;
  for (; TakeFront(&rest, &field); here = rest) {
    size_t position = bytes.size() - here.size();
    if (TagOf(field) != kRecordTag) {
      if (!batch.TakeSharedField(field)) {
        return DataLoss("malformed LogBatch from the collector: bad value of field ", field.number, " at byte ",
                        position);
      }
      continue;
    }
    if (!RecordView::ParseChecked(field.bytes, &record)) {
      return DataLoss("malformed LogBatch from the collector: bad record at byte ", position);
    }
    if (record.time_unix_nano() < min_time_unix_nano) {
      ++batch.left_out_;
    } else if (batch.records_.count_++ == 0) {
      batch.records_.fields_ = here;
    }
  }
  if (!rest.empty()) {
    return DataLoss("malformed LogBatch from the collector: bad framing at byte ", bytes.size() - rest.size(), " of ",
                    bytes.size());
  }
  return batch;
}

v1::FileIdentity Batch::file() const {
  v1::FileIdentity file;
  file.ParseFromArray(file_.data(), static_cast<int>(file_.size()));
  return file;
}

void Batch::LeaveOutBefore(uint64_t offset) {
  const size_t before = records_.count_;
  size_t kept = 0;
  for (const RecordView& record : records_) kept += record.offset() >= offset ? 1 : 0;
  records_.min_offset_ = offset;
  records_.count_ = kept;
  left_out_ += before - kept;
}

LogBatch Batch::ToProto() const {
  LogBatch batch;
  batch.ParseFromArray(bytes_.data(), static_cast<int>(bytes_.size()));
  if (left_out_ == 0) return batch;
  batch.clear_records();
  for (const RecordView& record : records_) *batch.add_records() = record.ToProto();
  return batch;
}

}  // namespace sluice::client
