// One route: which records it takes, and where they go.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "base/glob.h"
#include "collector/log/batch_view.h"
#include "collector/log/record_view.h"
#include "collector/route/route_options.h"
#include "collector/route/route_template.h"
#include "collector/route/shared_fields.h"
#include "re2/re2.h"

namespace sluice::collector {

// A topic for a record, and the labels that it gets on the way there.
struct Destination {
  std::string topic;
  std::vector<std::pair<std::string, std::string>> add_labels = {};
  std::string_view dead_letter = {};  // the reason, if it is one (kReason…)
};

// Immutable after Compile; thread-safe.
class Route {
 public:
  // InvalidArgument names the key.
  static absl::StatusOr<Route> Compile(const RouteOptions& options, const std::string& dead_letter_topic);

  // Which records of a batch it takes, as far as that can be said without looking at each.
  enum class Verdict { kNone, kAll, kSome };
  Verdict Judge(const BatchView& batch, const SharedFields& shared) const;
  // For a batch of kSome.
  bool Matches(const RecordView& record) const;

  // Where the records of a batch go, each topic once; nowhere if they are dropped. What a template has no topic for
  // goes to the dead letters.
  std::vector<Destination> Destinations(const SharedFields& shared) const;

  const std::string& name() const { return name_; }
  bool drop() const { return drop_; }

 private:
  Route() = default;
  absl::Status CompileMatch(const RouteMatch& match);
  bool MatchesShared(const SharedFields& shared) const;

  std::string name_;
  std::string dead_letter_topic_;
  // Which field, and what it has to be.
  struct FieldGlob {
    std::string_view SharedFields::* field;
    Glob glob;
  };
  std::vector<FieldGlob> fields_;
  std::vector<std::pair<std::string, Glob>> labels_;
  uint32_t severities_ = ~uint32_t{0};  // bit n: severity n matches
  std::unique_ptr<re2::RE2> regex_;
  std::vector<RouteTemplate> topics_;  // empty: as it is
  bool keep_topic_ = false;
  bool drop_ = false;
};

}  // namespace sluice::collector
