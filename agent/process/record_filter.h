// Which records of a source are sent. Pure.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/line_pattern.h"
#include "sluice/v1/log.pb.h"

namespace sluice::agent {

// What a rule asks for holds together; at least one thing is asked for.
struct FilterRule {
  v1::Severity severity = v1::SEVERITY_UNSPECIFIED;  // keep: this or above; drop: below
  std::string regex = {};                            // RE2, searched in the body

  friend bool operator==(const FilterRule&, const FilterRule&) = default;
};

struct FilterOptions {
  std::vector<FilterRule> keep = {};                     // not empty: a record is dropped unless one of them holds
  std::vector<FilterRule> drop = {};                     // a record is dropped if one of them holds
  uint32_t sample_rate = 1;                              // of so many records, one is kept
  v1::Severity sample_below = v1::SEVERITY_UNSPECIFIED;  // only of records below; UNSPECIFIED: of all

  friend bool operator==(const FilterOptions&, const FilterOptions&) = default;
};

// A severity that is not known is neither below another one nor above it: rules on severity never drop such a record.
//
// Immutable; thread-safe.
class RecordFilter {
 public:
  enum class Verdict : uint8_t { kKeep, kFiltered, kSampledOut };

  // InvalidArgument says "keep[1]: …", "drop[0]: …".
  static absl::StatusOr<RecordFilter> Create(const FilterOptions& options);

  // False: everything is kept.
  bool active() const { return active_; }
  // `file_seed`: SeedOf its identity. The same record is always judged alike.
  Verdict Judge(std::string_view body, v1::Severity severity, uint64_t file_seed, uint64_t offset) const;

  static uint64_t SeedOf(const v1::FileIdentity& file);

 private:
  struct Rule {
    v1::Severity severity;
    std::shared_ptr<const LinePattern> pattern;  // may be null
  };
  static absl::StatusOr<std::vector<Rule>> Compile(std::string_view name, const std::vector<FilterRule>& rules);

  bool active_ = false;
  std::vector<Rule> keep_;
  std::vector<Rule> drop_;
  uint32_t sample_rate_ = 1;
  v1::Severity sample_below_ = v1::SEVERITY_UNSPECIFIED;
};

}  // namespace sluice::agent
