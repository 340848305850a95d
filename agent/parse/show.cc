#include "agent/parse/show.h"

#include "absl/time/time.h"
#include "base/severity.h"
#include "base/strings.h"

namespace sluice::agent {

std::string ShowTime(uint64_t unix_nano) {
  if (unix_nano == 0) return "-";
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ", absl::FromUnixNanos(static_cast<int64_t>(unix_nano)),
                          absl::UTCTimeZone());
}

std::string Show(const ParsedLine& line) {
  const std::string_view text = line.severity_text.empty() ? "-" : line.severity_text;
  std::string shown = StrCat(ShowTime(line.time_unix_nano), " ", SeverityName(line.severity), " ", text);
  for (const auto& [name, value] : line.attributes()) StrAppend(&shown, " ", name, "=", value);
  return shown;
}

}  // namespace sluice::agent
