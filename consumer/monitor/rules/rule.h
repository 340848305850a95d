// A rule: when to raise an alert. docs/alerts.md has the words.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "consumer/monitor/rules/field.h"
#include "consumer/monitor/rules/filter.h"
#include "sluice/v1/log.pb.h"

namespace sluice::monitor {

enum class Condition {
  kCount,       // records in the window
  kRate,        // of them a second
  kAverage,     // of a field's numbers
  kRatio,       // of the records, which part also matches `of`; 0 to 1
  kDistinct,    // different values of a field
  kPercentile,  // of a field's numbers
  kAbsence,     // seconds since the last record, once there was none for the whole window
};

enum class Direction { kAbove, kBelow };

struct Rule {
  static constexpr size_t kNameBytesMax = 128;
  static constexpr size_t kGroupsMax = 100'000;
  static constexpr size_t kGroupsMaxOfPercentiles = 1'000;
  // Different values that a rule of kDistinct keeps, of all its groups; beyond these values are left out and counted.
  static constexpr size_t kValuesMax = 200'000;

  std::string name;
  Condition condition = Condition::kCount;
  std::optional<Field> field;  // of kAverage, kDistinct, kPercentile
  double quantile = 0.99;      // of kPercentile
  Filter filter;
  Filter of;  // of kRatio
  std::vector<Field> group_by;

  absl::Duration window = absl::Minutes(5);
  // It holds while the value is above (below) the threshold, not at it.
  Direction direction = Direction::kAbove;
  double threshold = 0;
  // It must hold for this long before the alert fires.
  absl::Duration hold;
  // The alert ends when the value is down (up) to `recover`; with `recover_beyond` when it is below (above) it.
  double recover = 0;
  bool recover_beyond = false;
  // With fewer records in the window the value is not known: nothing begins, and what fires ends.
  uint64_t minimum = 1;

  v1::Severity severity = v1::SEVERITY_ERROR;
  std::string message;
  std::string recovery_message;
  std::map<std::string, std::string> labels;

  size_t groups_max = 1'000;
  // A group without a record for this long is forgotten, and its alert ends.
  absl::Duration forget = absl::Hours(24);

  // Of all the above, by FingerprintOf: what one with another fingerprint has found is of no use to it.
  std::string fingerprint;
};

std::string FingerprintOf(const Rule& rule);

}  // namespace sluice::monitor
