#include "collector/log/record_view.h"

#include "base/wire.h"
#include "collector/log/wire_fields.h"

namespace sluice::collector {

bool RecordCursor::Next(RecordView* record) {
  wire::Reader batch(rest_);
  wire::Field field;
  if (!batch.Next(&field) || field.number != batch_fields::kRecords || field.type != wire::Type::kBytes) return false;
  *record = RecordView();
  record->bytes = field.bytes;
  record->field = rest_.substr(0, batch.position());
  rest_.remove_prefix(batch.position());
  wire::Reader reader(record->bytes);
  while (reader.Next(&field)) {
    switch (field.number) {
      case record_fields::kTime:
        record->time_unix_nano = field.value;
        break;
      case record_fields::kSeverity:
        record->severity = static_cast<uint32_t>(field.value);
        break;
      case record_fields::kBody:
        record->body = field.bytes;
        break;
      case record_fields::kOffset:
        record->offset = field.value;
        break;
      case record_fields::kRawBody:
        record->raw_body = field.bytes;
        break;
      default:
        break;
    }
  }
  return reader.ok();
}

}  // namespace sluice::collector
