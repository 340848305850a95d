#include "collector/ingest/refusals.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/status.h"
#include "base/strings.h"
#include "collector/log/batch_rewrite.h"
#include "collector/log/batch_trim.h"

namespace sluice::collector {
namespace {

// The records of `batch` in [begin, end), as a batch of its own; routed, if there is a router.
absl::StatusOr<IngestBatch> Cut(const IngestBatch& batch, uint64_t begin, uint64_t end, const Router* router) {
  IngestBatch cut;
  cut.index = batch.index;
  cut.pending.bytes = SharedBytes::FromString(CutBatch(batch.pending.view, begin, end));
  SLUICE_ASSIGN_OR_RETURN(cut.pending.view, BatchView::Parse(cut.pending.bytes.view()));
  SLUICE_RETURN_IF_ERROR(ValidateBatch(cut.pending.view, &cut.by_severity));
  if (router != nullptr) cut.routed = router->Apply(cut.by_severity, &cut.pending);
  return cut;
}

// Where the records of `view` in [begin, end) begin, and `end`. The first piece begins at `begin`, wherever its record
// does.
std::vector<uint64_t> RecordBounds(const BatchView& view, uint64_t begin, uint64_t end) {
  std::vector<uint64_t> bounds;
  RecordCursor cursor(view.bytes.substr(view.records_begin));
  for (RecordView record; cursor.Next(&record);) {
    if (record.offset >= begin && record.offset < end) bounds.push_back(record.offset);
  }
  if (!bounds.empty()) bounds.front() = begin;
  bounds.push_back(end);
  return bounds;
}

bool HasRecords(const BatchView& view, uint64_t begin, uint64_t end) {
  return begin < end && RecordBounds(view, begin, end).size() > 1;
}

}  // namespace

absl::Status Refusals::Note(const IngestBatch& batch, const absl::Status& why) {
  const BatchView& view = batch.pending.view;
  const bool refused = absl::IsInvalidArgument(why) && options_.refused;
  const bool no_topic = absl::IsResourceExhausted(why) && options_.no_topic;
  const auto known = files_.find(view.file);
  if ((!refused && !no_topic) || (known == files_.end() && files_.size() >= files_max_)) return why;
  Refusal& refusal = files_[view.file];
  const bool again = refusal.tries != 0 && view.first_offset <= refusal.begin && view.end_offset > refusal.begin;
  // Another one behind it was refused likewise.
  if (refusal.tries != 0 && view.first_offset > refusal.begin && view.first_offset >= refusal.end) return why;
  const int tries = again || refusal.tries == 0 ? refusal.tries + 1 : refusal.tries;
  // Of what has no topic all goes; else the one record is looked for that is at fault.
  refusal = {view.first_offset,
             view.end_offset,
             no_topic || view.count == 1,
             tries,
             no_topic ? kReasonNoTopic : kReasonRefused,
             std::string(MessageOf(why))};
  return absl::AbortedError(StrCat(why.message(), "; it is tried again, and becomes a dead letter in the end"));
}

void Refusals::Stored(const IngestBatch& batch) {
  const auto known = files_.find(batch.pending.view.file);
  if (known != files_.end() && batch.pending.view.end_offset >= known->second.end) files_.erase(known);
}

absl::StatusOr<std::vector<IngestBatch>> Refusals::Prepare(IngestBatch batch, const Router* router) const {
  std::vector<IngestBatch> prepared;
  const BatchView view = batch.pending.view;
  const auto known = files_.find(view.file);
  const bool concerned = known != files_.end() && known->second.tries > options_.retries &&
                         view.first_offset < known->second.end && view.end_offset > known->second.begin;
  if (!concerned) {
    prepared.push_back(std::move(batch));
    return prepared;
  }
  const Refusal& refusal = known->second;
  const uint64_t begin = std::max(refusal.begin, view.first_offset);
  const uint64_t end = std::min(refusal.end, view.end_offset);
  const auto add = [&](uint64_t from, uint64_t to, const Router* with) -> absl::Status {
    if (!HasRecords(view, from, to)) return absl::OkStatus();
    SLUICE_ASSIGN_OR_RETURN(IngestBatch cut, Cut(batch, from, to, with));
    prepared.push_back(std::move(cut));
    return absl::OkStatus();
  };
  SLUICE_RETURN_IF_ERROR(add(view.first_offset, begin, router));
  if (refusal.single) {
    SLUICE_RETURN_IF_ERROR(add(begin, end, nullptr));
    if (!prepared.empty() && prepared.back().pending.view.first_offset == begin) {
      SLUICE_RETURN_IF_ERROR(MakeDeadLetter(refusal, &prepared.back()));
    }
  } else {
    const std::vector<uint64_t> bounds = RecordBounds(view, begin, end);
    for (size_t i = 0; i + 1 < bounds.size(); ++i) SLUICE_RETURN_IF_ERROR(add(bounds[i], bounds[i + 1], router));
  }
  SLUICE_RETURN_IF_ERROR(add(end, view.end_offset, router));
  return prepared;
}

absl::Status Refusals::MakeDeadLetter(const Refusal& refusal, IngestBatch* batch) const {
  const BatchView& view = batch->pending.view;
  BatchPart part;
  part.bytes = SharedBytes::FromString(RewriteBatch(
      view, {.topic = options_.topic, .add_labels = DeadLetterLabels(refusal.reason, refusal.error, view.topic)}));
  SLUICE_ASSIGN_OR_RETURN(part.view, BatchView::Parse(part.bytes.view()));
  batch->routed.parts = {batch->by_severity};
  batch->routed.dead_letters = {{refusal.reason, view.count}};
  batch->pending.parts.emplace().push_back(std::move(part));
  log::Warn("ingest", "records become dead letters",
            {{"path", view.path}, {"offset", view.first_offset}, {"records", view.count}, {"reason", refusal.error}});
  return absl::OkStatus();
}

}  // namespace sluice::collector
