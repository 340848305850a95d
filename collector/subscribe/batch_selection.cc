#include "collector/subscribe/batch_selection.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/wire.h"
#include "collector/log/wire_fields.h"

namespace sluice::collector {
namespace {

// A shorter run of records is cheaper to copy than to refer to.
constexpr size_t kReferredBytesMin = 2 << 10;

// Joins small parts of a batch in memory of their own, and refers to large ones.
class PieceWriter {
 public:
  explicit PieceWriter(const SharedBytes& batch) : batch_(batch) {}

  void Copy(std::string_view bytes) { copied_.append(bytes); }
  void Add(std::string_view part_of_batch) {
    if (part_of_batch.size() < kReferredBytesMin) return Copy(part_of_batch);
    Flush();
    pieces_.push_back(batch_.Part(part_of_batch));
  }
  std::vector<SharedBytes> Take() {
    Flush();
    return std::move(pieces_);
  }

 private:
  void Flush() {
    if (copied_.empty()) return;
    pieces_.push_back(SharedBytes::FromString(std::exchange(copied_, {})));
  }

  const SharedBytes& batch_;
  std::string copied_;
  std::vector<SharedBytes> pieces_;
};

// What the selected records sum up to, and where they stand: as few runs as they are apart.
struct Selected {
  uint32_t records = 0;
  uint32_t severities = 0;
  uint64_t min_time = std::numeric_limits<uint64_t>::max();
  uint64_t max_time = 0;
  size_t bytes = 0;
  std::vector<std::string_view> runs;

  void Add(const RecordView& record) {
    ++records;
    severities |= 1u << record.severity;
    min_time = std::min(min_time, record.time_unix_nano);
    max_time = std::max(max_time, record.time_unix_nano);
    bytes += record.field.size();
    if (!runs.empty() && runs.back().data() + runs.back().size() == record.field.data()) {
      runs.back() = std::string_view(runs.back().data(), runs.back().size() + record.field.size());
    } else {
      runs.push_back(record.field);
    }
  }
};

std::string EncodeSummary(const Selected& selected) {
  char summary[64];
  char* end = summary;
  end = wire::WriteVarint(end, wire::Tag(summary_fields::kCount, wire::Type::kVarint));
  end = wire::WriteVarint(end, selected.records);
  end = wire::WriteVarint(end, wire::Tag(summary_fields::kSeverities, wire::Type::kVarint));
  end = wire::WriteVarint(end, selected.severities);
  end = wire::WriteVarint(end, wire::Tag(summary_fields::kMinTime, wire::Type::kFixed64));
  end = wire::WriteFixed64(end, selected.min_time);
  end = wire::WriteVarint(end, wire::Tag(summary_fields::kMaxTime, wire::Type::kFixed64));
  end = wire::WriteFixed64(end, selected.max_time);
  char field[80];
  char* field_end = wire::WriteVarint(field, wire::Tag(batch_fields::kSummary, wire::Type::kBytes));
  field_end = wire::WriteBytes(field_end, std::string_view(summary, end - summary));
  return std::string(field, field_end - field);
}

// The shared fields but for the summary, which is `summary` instead.
void WriteSharedFields(const BatchView& view, std::string_view summary, PieceWriter* writer) {
  wire::Reader reader(view.bytes.substr(0, view.records_begin));
  wire::Field field;
  size_t begin = 0;
  while (reader.Next(&field)) {
    if (field.number != batch_fields::kSummary) writer->Copy(view.bytes.substr(begin, reader.position() - begin));
    begin = reader.position();
  }
  writer->Copy(summary);
}

}  // namespace

Selection SelectRecords(const StoredBatch& batch, const SelectionRange& range, const Filter* filter) {
  const BatchView& view = batch.view;
  Selected selected;
  Selection selection;
  RecordCursor cursor(view.bytes.substr(view.records_begin));
  RecordView record;
  while (selected.records < range.records_max && selected.bytes < range.bytes_max && cursor.Next(&record)) {
    const uint32_t index = selection.end++;
    if (index >= range.begin && (filter == nullptr || filter->Matches(record))) selected.Add(record);
  }
  if (selected.records == 0) {
    selection.end = view.count;
    return selection;
  }
  PieceWriter writer(batch.bytes);
  WriteSharedFields(view, EncodeSummary(selected), &writer);
  for (std::string_view run : selected.runs) writer.Add(run);
  selection.pieces = writer.Take();
  selection.records = selected.records;
  return selection;
}

}  // namespace sluice::collector
