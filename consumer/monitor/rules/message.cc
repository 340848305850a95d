#include "consumer/monitor/rules/message.h"

#include <algorithm>
#include <cstdlib>
#include <optional>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/config.h"
#include "base/status.h"
#include "base/strings.h"
#include "base/text.h"

namespace sluice::monitor {
namespace {

constexpr std::string_view kNames[] = {"value", "threshold", "rule", "group", "window", "time", "since", "duration"};

// Calls `text` for what stands between the names and `name` for each of those; InvalidArgument if a brace has no other.
template <typename OnText, typename OnName>
absl::Status Walk(std::string_view message, const OnText& text, const OnName& name) {
  while (!message.empty()) {
    const size_t brace = message.find('{');
    text(message.substr(0, brace));
    if (brace == message.npos) return absl::OkStatus();
    message.remove_prefix(brace + 1);
    if (message.starts_with('{')) {
      text("{");
      message.remove_prefix(1);
      continue;
    }
    const size_t end = message.find('}');
    if (end == message.npos) return InvalidArgument("a '{' that no '}' follows; write {{ for a brace");
    name(message.substr(0, end));
    message.remove_prefix(end + 1);
  }
  return absl::OkStatus();
}

std::string ValueOf(std::string_view name, const MessageValues& values) {
  const Alert& alert = values.alert;
  const bool resolved = alert.state == Alert::State::kResolved;
  const absl::Time time = resolved ? alert.ends_at : alert.starts_at;
  if (name == "value") return FormatValue(alert.value);
  if (name == "threshold") return FormatValue(alert.threshold);
  if (name == "rule") return alert.rule;
  if (name == "group") return FormatGroup(alert.group);
  if (name == "window") return DurationToText(values.window);
  if (name == "time") return FormatMoment(time);
  if (name == "since") return FormatMoment(alert.starts_at);
  if (name == "duration") return absl::FormatDuration(time - alert.starts_at);
  for (const auto& [field, value] : alert.group) {
    if (field == name) return value;
  }
  return "";
}

}  // namespace

absl::Status CheckMessage(std::string_view text, const std::vector<std::string>& fields) {
  std::optional<std::string> unknown;
  const auto check = [&](std::string_view name) {
    const bool known = std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames) ||
                       std::find(fields.begin(), fields.end(), name) != fields.end();
    if (!known && !unknown) unknown = name;
  };
  absl::Status walked = Walk(text, [](std::string_view) {}, check);
  if (!walked.ok()) return InvalidArgument("found ", Quoted(text), "; it has ", MessageOf(walked));
  if (!unknown) return absl::OkStatus();
  std::string allowed = "{value}, {threshold}, {rule}, {group}, {window}, {time}, {since}, {duration}";
  for (const std::string& field : fields) StrAppend(&allowed, ", {", field, "}");
  return InvalidArgument("found {", *unknown, "}; expected ", allowed,
                         fields.empty() ? " (and the fields of group_by, of which there are none)" : "");
}

std::string FormatMessage(std::string_view text, const MessageValues& values) {
  std::string out;
  Walk(
      text, [&out](std::string_view part) { out += part; },
      [&](std::string_view name) { out += ValueOf(name, values); })
      .IgnoreError();  // CheckMessage has found nothing
  return out;
}

std::string FormatValue(double value) {
  std::string text = absl::StrFormat("%.3f", value);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text == "-0" ? "0" : text;
}

std::string FormatMoment(absl::Time time) {
  return absl::FormatTime("%Y-%m-%d%ET%H:%M:%E*SZ", absl::FromUnixMillis(absl::ToUnixMillis(time)),
                          absl::UTCTimeZone());
}

std::string FormatGroup(const Alert::Group& group) {
  std::string out;
  for (const auto& [name, value] : group) StrAppend(&out, out.empty() ? "" : " ", name, "=", value);
  return out;
}

}  // namespace sluice::monitor
