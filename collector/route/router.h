// Which topics the records of a batch go to. Batches stay bytes: whole where what is said once decides, cut only where
// severity or a regular expression divides the records.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "collector/log/event_log.h"
#include "collector/route/route.h"
#include "collector/route/route_options.h"

namespace sluice::collector {

// What routing made of a batch, for the metrics.
struct RouteCounts {
  // Of each of the batch's parts.
  std::vector<SeverityCounts> parts;
  // The name of a route, and how many records it dropped. The name lives as long as the router.
  std::vector<std::pair<const std::string*, uint32_t>> dropped;
  // A reason (kReason…), and how many records became dead letters because of it.
  std::vector<std::pair<std::string_view, uint32_t>> dead_letters;
};

// Immutable after Compile; thread-safe.
class Router {
 public:
  // InvalidArgument names the route and the key.
  static absl::StatusOr<Router> Compile(const RoutingOptions& options);

  // There is something to do for it.
  static bool Needed(const RoutingOptions& options) {
    return !options.routes.empty() || options.dead_letters.line_bytes_max != 0;
  }

  // Sets `batch->parts` if anything else than the batch itself is to be stored. `by_severity`: of its records.
  RouteCounts Apply(const SeverityCounts& by_severity, PendingBatch* batch) const;

  // What becomes of the first record of `batch`: the route that takes it (null: none does), and where it goes.
  struct Explanation {
    const Route* route = nullptr;
    std::vector<Destination> destinations;
  };
  Explanation Explain(const PendingBatch& batch) const;

 private:
  // A route that takes records of a batch, and where they go.
  struct Candidate {
    const Route* route = nullptr;
    bool all = false;
    std::vector<Destination> destinations;
  };

  Router() = default;
  // In their order, up to the first that takes all.
  std::vector<Candidate> Candidates(const BatchView& batch, const SharedFields& shared) const;
  // Divides the records among the candidates.
  void ApplyToRecords(const std::vector<Candidate>& candidates, PendingBatch* batch, RouteCounts* counts) const;
  // A line of the batch is longer than may be.
  bool HasOversize(const BatchView& batch) const;
  bool IsOversize(const RecordView& record) const;
  Destination Oversize(size_t line_bytes, std::string_view topic) const;

  std::vector<Route> routes_;
  DeadLetterOptions dead_letters_;
};

}  // namespace sluice::collector
