#include "collector/route/router.h"

#include <algorithm>
#include <deque>

#include "base/status.h"
#include "base/strings.h"
#include "collector/log/batch_rewrite.h"
#include "collector/log/record_runs.h"
#include "collector/route/record_split.h"

namespace sluice::collector {
namespace {

// A part of a batch in the making.
struct Draft {
  const Destination* destination = nullptr;
  RecordRuns records;
  bool cut = false;  // some are not those of the batch
};

// The drafts of a batch. Records of one topic stay in their order: a draft is gone on with unless a newer one has the
// same topic and other labels.
class Drafts {
 public:
  void Add(const RecordView& record, const std::vector<Destination>& destinations) {
    for (const Destination& destination : destinations) Of(destination).records.Add(record);
  }
  // The records of `parts`, which are fields of a LogBatch and no part of the batch.
  void AddParts(std::string parts, const std::vector<Destination>& destinations) {
    owned_.push_back(std::move(parts));
    RecordCursor cursor(owned_.back());
    for (RecordView record; cursor.Next(&record);) Add(record, destinations);
    for (const Destination& destination : destinations) Of(destination).cut = true;
  }
  // Keeps them for as long as the drafts live.
  const std::vector<Destination>& Keep(std::vector<Destination> destinations) {
    return kept_.emplace_back(std::move(destinations));
  }
  const std::vector<Draft>& drafts() const { return drafts_; }

 private:
  Draft& Of(const Destination& destination) {
    for (auto draft = drafts_.rbegin(); draft != drafts_.rend(); ++draft) {
      if (draft->destination->topic != destination.topic) continue;
      if (draft->destination == &destination || draft->destination->add_labels == destination.add_labels) return *draft;
      break;
    }
    drafts_.push_back({&destination, {}});
    return drafts_.back();
  }

  std::vector<Draft> drafts_;
  std::deque<std::string> owned_;
  std::deque<std::vector<Destination>> kept_;
};

// Not validated again: of a valid batch RewriteBatch makes a valid one.
BatchPart MakePart(const PendingBatch& batch, const Destination& destination, const Draft* draft) {
  const RecordRuns* const records = draft == nullptr ? nullptr : &draft->records;
  const bool same = destination.topic == batch.view.topic && destination.add_labels.empty() &&
                    (draft == nullptr || (!draft->cut && records->records == batch.view.count));
  if (same) return {batch.bytes, batch.view};
  BatchPart part;
  part.bytes = SharedBytes::FromString(
      RewriteBatch(batch.view, {.topic = destination.topic, .add_labels = destination.add_labels, .records = records}));
  absl::StatusOr<BatchView> view = BatchView::Parse(part.bytes.view());
  if (view.ok()) part.view = *view;
  return part;
}

// `batch` goes to `parts`; leaves it alone if that is the batch itself.
void SetParts(std::vector<BatchPart> parts, PendingBatch* batch) {
  const bool as_it_is = parts.size() == 1 && parts[0].bytes.view().data() == batch->bytes.view().data();
  if (!as_it_is) batch->parts = std::move(parts);
}

void CountDeadLetters(const Destination& destination, uint32_t records, RouteCounts* counts) {
  if (!destination.dead_letter.empty()) counts->dead_letters.emplace_back(destination.dead_letter, records);
}

}  // namespace

absl::StatusOr<Router> Router::Compile(const RoutingOptions& options) {
  Router router;
  router.dead_letters_ = options.dead_letters;
  for (const RouteOptions& route : options.routes) {
    absl::StatusOr<Route> compiled = Route::Compile(route, options.dead_letters.topic);
    if (!compiled.ok()) return Annotate(compiled.status(), StrCat("route '", route.name, "'"));
    router.routes_.push_back(*std::move(compiled));
  }
  return router;
}

std::vector<Router::Candidate> Router::Candidates(const BatchView& batch, const SharedFields& shared) const {
  std::vector<Candidate> candidates;
  for (const Route& route : routes_) {
    const Route::Verdict verdict = route.Judge(batch, shared);
    if (verdict == Route::Verdict::kNone) continue;
    candidates.push_back({&route, verdict == Route::Verdict::kAll, route.Destinations(shared)});
    if (candidates.back().all) break;
  }
  return candidates;
}

RouteCounts Router::Apply(const SeverityCounts& by_severity, PendingBatch* batch) const {
  RouteCounts counts;
  const std::vector<Candidate> candidates = Candidates(batch->view, SharedFields::Of(batch->view));
  const bool oversize = HasOversize(batch->view);
  if (candidates.empty() && !oversize) return counts;
  if (oversize || !candidates[0].all) {
    ApplyToRecords(candidates, batch, &counts);
    return counts;
  }
  const Candidate& taker = candidates[0];
  std::vector<BatchPart> parts;
  for (const Destination& destination : taker.destinations) {
    parts.push_back(MakePart(*batch, destination, nullptr));
    counts.parts.push_back(by_severity);
    CountDeadLetters(destination, batch->view.count, &counts);
  }
  if (taker.route->drop()) counts.dropped.emplace_back(&taker.route->name(), batch->view.count);
  SetParts(std::move(parts), batch);
  return counts;
}

bool Router::IsOversize(const RecordView& record) const {
  return dead_letters_.line_bytes_max != 0 && ExactLine(record).size() > dead_letters_.line_bytes_max;
}

bool Router::HasOversize(const BatchView& batch) const {
  const size_t records_bytes = batch.bytes.size() - batch.records_begin;
  if (dead_letters_.line_bytes_max == 0 || records_bytes <= dead_letters_.line_bytes_max) return false;
  RecordCursor cursor(batch.bytes.substr(batch.records_begin));
  for (RecordView record; cursor.Next(&record);) {
    if (IsOversize(record)) return true;
  }
  return false;
}

void Router::ApplyToRecords(const std::vector<Candidate>& candidates, PendingBatch* batch, RouteCounts* counts) const {
  const std::vector<Destination> as_it_is = {{std::string(batch->view.topic)}};
  Drafts drafts;
  std::vector<uint32_t> taken(candidates.size());
  RecordCursor cursor(batch->view.bytes.substr(batch->view.records_begin));
  for (RecordView record; cursor.Next(&record);) {
    const auto taker = std::find_if(candidates.begin(), candidates.end(), [&](const Candidate& candidate) {
      return candidate.all || candidate.route->Matches(record);
    });
    if (taker != candidates.end()) ++taken[taker - candidates.begin()];
    const std::vector<Destination>& destinations = taker == candidates.end() ? as_it_is : taker->destinations;
    if (destinations.empty()) continue;
    if (!IsOversize(record)) {
      drafts.Add(record, destinations);
    } else {
      std::string parts = SplitRecord(record, dead_letters_.line_bytes_max);
      drafts.AddParts(std::move(parts), dead_letters_.split_oversize
                                            ? destinations
                                            : drafts.Keep({Oversize(ExactLine(record).size(), batch->view.topic)}));
    }
  }
  std::vector<BatchPart> parts;
  for (const Draft& draft : drafts.drafts()) {
    parts.push_back(MakePart(*batch, *draft.destination, &draft));
    counts->parts.push_back(draft.records.by_severity);
    CountDeadLetters(*draft.destination, draft.records.records, counts);
  }
  for (size_t i = 0; i < candidates.size(); ++i) {
    if (!candidates[i].route->drop() || taken[i] == 0) continue;
    counts->dropped.emplace_back(&candidates[i].route->name(), taken[i]);
  }
  SetParts(std::move(parts), batch);
}

Destination Router::Oversize(size_t line_bytes, std::string_view topic) const {
  return {.topic = dead_letters_.topic,
          .add_labels = DeadLetterLabels(kReasonOversize,
                                         StrCat("the line has ", line_bytes, " bytes; dead_letters.line_bytes allows ",
                                                dead_letters_.line_bytes_max),
                                         topic),
          .dead_letter = kReasonOversize};
}

Router::Explanation Router::Explain(const PendingBatch& batch) const {
  const SharedFields shared = SharedFields::Of(batch.view);
  RecordCursor cursor(batch.view.bytes.substr(batch.view.records_begin));
  RecordView record;
  if (cursor.Next(&record)) {
    for (Candidate& candidate : Candidates(batch.view, shared)) {
      if (candidate.all || candidate.route->Matches(record)) {
        return {candidate.route, std::move(candidate.destinations)};
      }
    }
  }
  return {nullptr, {{std::string(shared.topic)}}};
}

}  // namespace sluice::collector
