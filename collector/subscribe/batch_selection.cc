#include "collector/subscribe/batch_selection.h"

#include <string>
#include <utility>

#include "base/wire.h"
#include "collector/log/record_runs.h"
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
  RecordRuns selected;
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
  std::string summary;
  AppendSummary(selected, &summary);
  WriteSharedFields(view, summary, &writer);
  for (std::string_view run : selected.runs) writer.Add(run);
  selection.pieces = writer.Take();
  selection.records = selected.records;
  return selection;
}

}  // namespace sluice::collector
