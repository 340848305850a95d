#include "collector/log/record_runs.h"

#include <algorithm>

#include "base/wire.h"
#include "collector/log/wire_fields.h"

namespace sluice::collector {

using wire::Tag;
using wire::Type;

void RecordRuns::Add(const RecordView& record) {
  ++records;
  ++by_severity[std::min<size_t>(record.severity, by_severity.size() - 1)];
  min_time = std::min(min_time, record.time_unix_nano);
  max_time = std::max(max_time, record.time_unix_nano);
  bytes += record.field.size();
  if (!runs.empty() && runs.back().data() + runs.back().size() == record.field.data()) {
    runs.back() = std::string_view(runs.back().data(), runs.back().size() + record.field.size());
  } else {
    runs.push_back(record.field);
  }
}

void AppendSummary(const RecordRuns& records, std::string* out) {
  uint32_t severities = 0;
  for (size_t i = 0; i < records.by_severity.size(); ++i) severities |= uint32_t{records.by_severity[i] != 0} << i;
  char fields[64];
  char* end = wire::WriteVarint(fields, Tag(summary_fields::kCount, Type::kVarint));
  end = wire::WriteVarint(end, records.records);
  end = wire::WriteVarint(end, Tag(summary_fields::kSeverities, Type::kVarint));
  end = wire::WriteVarint(end, severities);
  end = wire::WriteVarint(end, Tag(summary_fields::kMinTime, Type::kFixed64));
  end = wire::WriteFixed64(end, records.min_time);
  end = wire::WriteVarint(end, Tag(summary_fields::kMaxTime, Type::kFixed64));
  end = wire::WriteFixed64(end, records.max_time);
  char field[80];
  char* field_end = wire::WriteVarint(field, Tag(batch_fields::kSummary, Type::kBytes));
  field_end = wire::WriteBytes(field_end, std::string_view(fields, static_cast<size_t>(end - fields)));
  out->append(field, field_end);
}

}  // namespace sluice::collector
