#include "consumer/cli/time_spec.h"

#include <string>

#include "absl/strings/ascii.h"
#include "base/config.h"
#include "base/nearest_word.h"
#include "base/status.h"
#include "base/strings.h"

namespace sluice::cli {
namespace {

std::optional<absl::Time> ParseDateTime(std::string_view text, const TimeContext& context) {
  absl::Time time;
  if (absl::ParseTime(absl::RFC3339_full, ToAbsl(text), context.zone, &time, nullptr)) return time;
  for (const char* format :
       {"%Y-%m-%d %H:%M:%E*S", "%Y-%m-%dT%H:%M:%E*S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d"}) {
    if (absl::ParseTime(format, ToAbsl(text), context.zone, &time, nullptr)) return time;
  }
  std::string today = absl::FormatTime("%Y-%m-%d ", context.now, context.zone);
  for (const char* format : {"%Y-%m-%d %H:%M:%E*S", "%Y-%m-%d %H:%M"}) {
    if (absl::ParseTime(format, StrCat(today, text), context.zone, &time, nullptr)) return time;
  }
  return std::nullopt;
}

std::optional<absl::Time> TryParseMoment(std::string_view text, const TimeContext& context) {
  if (absl::StatusOr<absl::Duration> ago = ParseDuration(text); ago.ok()) return context.now - *ago;
  return ParseDateTime(text, context);
}

}  // namespace

absl::StatusOr<absl::Time> ParseMoment(std::string_view text, const TimeContext& context) {
  if (std::optional<absl::Time> time = TryParseMoment(text, context); time.has_value()) return *time;
  return InvalidArgument("\"", text,
                         "\" is no time: allowed are a duration before now (5m, 2h, 1d), RFC 3339 "
                         "(2026-11-20T09:15:39Z), a local date and time (\"2026-11-20 09:15\") or a time of today "
                         "(09:15)");
}

absl::StatusOr<client::Start> ParseStart(std::string_view text, const TimeContext& context) {
  if (text == "beginning") return client::Start::Beginning();
  if (text == "end") return client::Start::End();
  if (std::optional<absl::Time> time = TryParseMoment(text, context); time.has_value()) {
    return client::Start::At(*time);
  }
  std::string lower = absl::AsciiStrToLower(ToAbsl(text));
  std::string_view near = NearestWord(lower, {"beginning", "end"});
  if (lower == "start" || lower == "begin") near = "beginning";
  if (!near.empty()) return InvalidArgument("\"", text, "\" is no place to start from; did you mean \"", near, "\"?");
  if (text.empty()) return InvalidArgument("the place to start from is empty");
  return client::Start::After(std::string(text));
}

}  // namespace sluice::cli
