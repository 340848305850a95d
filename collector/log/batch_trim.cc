#include "collector/log/batch_trim.h"

#include <algorithm>
#include <limits>
#include <string_view>

#include "base/wire.h"
#include "collector/log/record_view.h"
#include "collector/log/wire_fields.h"

namespace sluice::collector {
namespace {

using wire::Field;
using wire::Tag;
using wire::Type;

struct Summary {
  uint32_t count = 0;
  uint32_t severities = 0;
  uint64_t min_time = std::numeric_limits<uint64_t>::max();
  uint64_t max_time = 0;
};

// The record fields of `batch` that are kept.
std::string_view KeptRecords(const BatchView& batch, uint64_t first_offset, Summary* summary) {
  const char* const end = batch.bytes.data() + batch.bytes.size();
  const char* kept = end;
  RecordCursor cursor(batch.bytes.substr(batch.records_begin));
  RecordView record;
  while (cursor.Next(&record)) {
    if (record.offset < first_offset) continue;
    if (summary->count == 0) kept = record.field.data();
    ++summary->count;
    summary->severities |= 1u << record.severity;
    summary->min_time = std::min(summary->min_time, record.time_unix_nano);
    summary->max_time = std::max(summary->max_time, record.time_unix_nano);
  }
  return std::string_view(kept, static_cast<size_t>(end - kept));
}

// The shared fields that are not those of `batch`.
void AppendChangedFields(uint64_t first_offset, const Summary& summary, std::string* out) {
  char fields[64];
  char* end = wire::WriteVarint(fields, Tag(summary_fields::kCount, Type::kVarint));
  end = wire::WriteVarint(end, summary.count);
  end = wire::WriteVarint(end, Tag(summary_fields::kSeverities, Type::kVarint));
  end = wire::WriteVarint(end, summary.severities);
  end = wire::WriteVarint(end, Tag(summary_fields::kMinTime, Type::kFixed64));
  end = wire::WriteFixed64(end, summary.min_time);
  end = wire::WriteVarint(end, Tag(summary_fields::kMaxTime, Type::kFixed64));
  end = wire::WriteFixed64(end, summary.max_time);
  const std::string_view encoded(fields, static_cast<size_t>(end - fields));

  char buffer[96];
  end = wire::WriteVarint(buffer, Tag(batch_fields::kFirstOffset, Type::kVarint));
  end = wire::WriteVarint(end, first_offset);
  end = wire::WriteVarint(end, Tag(batch_fields::kSummary, Type::kBytes));
  end = wire::WriteBytes(end, encoded);
  out->append(buffer, end);
}

}  // namespace

std::string TrimBatch(const BatchView& batch, uint64_t first_offset) {
  Summary summary;
  const std::string_view records = KeptRecords(batch, first_offset, &summary);
  if (summary.count == 0) return std::string();

  std::string out;
  out.reserve(batch.records_begin + records.size() + 64);
  const std::string_view shared = batch.bytes.substr(0, batch.records_begin);
  wire::Reader reader(shared);
  Field field;
  for (size_t begin = 0; reader.Next(&field); begin = reader.position()) {
    const bool changes = field.number == batch_fields::kFirstOffset || field.number == batch_fields::kSummary ||
                         field.number == batch_fields::kSkippedBytes;
    if (!changes) out.append(shared.substr(begin, reader.position() - begin));
  }
  AppendChangedFields(first_offset, summary, &out);
  out.append(records);
  return out;
}

}  // namespace sluice::collector
