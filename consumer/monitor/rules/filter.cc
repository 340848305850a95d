#include "consumer/monitor/rules/filter.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "base/find_bytes.h"

namespace sluice::monitor {
namespace {

bool MatchesField(const std::pair<Field, Glob>& field, const Line& line) {
  const std::optional<std::string_view> value = field.first.Of(line);
  return value && field.second.Matches(*value);
}

}  // namespace

bool Filter::MatchesBatch(const Line& line) const {
  const bool anywhere = topics.empty() && paths.empty();
  if (!anywhere && !MatchesAny(topics, line.batch().topic()) && !MatchesAny(paths, line.batch().path())) return false;
  return std::all_of(fields.begin(), fields.end(), [&](const std::pair<Field, Glob>& field) {
    return !field.first.shared() || MatchesField(field, line);
  });
}

bool Filter::MatchesRecord(const Line& line) const {
  const client::RecordView& record = line.record();
  if (record.severity() < min_severity) return false;
  if (!contains.empty() && !ContainsBytes(record.line(), contains)) return false;
  if (regex != nullptr && !regex->Matches(record.body())) return false;
  return std::all_of(fields.begin(), fields.end(), [&](const std::pair<Field, Glob>& field) {
    return field.first.shared() || MatchesField(field, line);
  });
}

}  // namespace sluice::monitor
