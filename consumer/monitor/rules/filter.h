// Which records a rule is about.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/glob.h"
#include "base/line_pattern.h"
#include "consumer/monitor/rules/field.h"
#include "consumer/monitor/rules/line.h"
#include "sluice/v1/log.pb.h"

namespace sluice::monitor {

// All that is given must match; nothing given: every record does. Immutable once it is filled; thread-safe.
struct Filter {
  // Where a record comes from: a topic that one of these globs matches, or a file whose path one of the others does.
  std::vector<Glob> topics = {};
  std::vector<Glob> paths = {};
  // Of this severity or above.
  v1::Severity min_severity = v1::SEVERITY_UNSPECIFIED;
  // In the exact line, byte for byte.
  std::string contains = {};
  // In the line as it is shown: to an expression a byte that is no UTF-8 is nothing, not even "any character".
  std::shared_ptr<const LinePattern> regex = {};
  // A field that has a value, which the glob matches.
  std::vector<std::pair<Field, Glob>> fields = {};

  // What all records of a batch share; false: none of them matches.
  bool MatchesBatch(const Line& line) const;
  // The rest, of a record of a batch that matches.
  bool MatchesRecord(const Line& line) const;
};

}  // namespace sluice::monitor
