#include "collector/log/batch_trim.h"

#include <string_view>

#include "base/wire.h"
#include "collector/log/record_runs.h"
#include "collector/log/record_view.h"
#include "collector/log/wire_fields.h"

namespace sluice::collector {
namespace {

using wire::Field;
using wire::Tag;
using wire::Type;

RecordRuns KeptRecords(const BatchView& batch, uint64_t first_offset, uint64_t end_offset) {
  RecordRuns kept;
  RecordCursor cursor(batch.bytes.substr(batch.records_begin));
  RecordView record;
  while (cursor.Next(&record)) {
    if (record.offset >= first_offset && record.offset < end_offset) kept.Add(record);
  }
  return kept;
}

void AppendNumber(uint32_t number, uint64_t value, std::string* out) {
  char field[24];
  char* end = wire::WriteVarint(field, Tag(number, Type::kVarint));
  end = wire::WriteVarint(end, value);
  out->append(field, end);
}

}  // namespace

std::string TrimBatch(const BatchView& batch, uint64_t first_offset) {
  return CutBatch(batch, first_offset, batch.end_offset);
}

std::string CutBatch(const BatchView& batch, uint64_t first_offset, uint64_t end_offset) {
  const RecordRuns records = KeptRecords(batch, first_offset, end_offset);
  if (records.records == 0) return std::string();

  std::string out;
  out.reserve(batch.records_begin + records.bytes + 64);
  const bool begins_later = first_offset > batch.first_offset;
  const bool ends_sooner = end_offset < batch.end_offset;
  const std::string_view shared = batch.bytes.substr(0, batch.records_begin);
  wire::Reader reader(shared);
  Field field;
  for (size_t begin = 0; reader.Next(&field); begin = reader.position()) {
    const bool changes =
        field.number == batch_fields::kFirstOffset || field.number == batch_fields::kSummary ||
        (field.number == batch_fields::kSkippedBytes && begins_later) ||
        ((field.number == batch_fields::kEndOffset || field.number == batch_fields::kFrontier) && ends_sooner);
    if (!changes) out.append(shared.substr(begin, reader.position() - begin));
  }
  AppendNumber(batch_fields::kFirstOffset, first_offset, &out);
  if (ends_sooner) AppendNumber(batch_fields::kEndOffset, end_offset, &out);
  AppendSummary(records, &out);
  for (std::string_view run : records.runs) out.append(run);
  return out;
}

}  // namespace sluice::collector
