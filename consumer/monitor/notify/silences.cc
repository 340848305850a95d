#include "consumer/monitor/notify/silences.h"

#include <algorithm>
#include <string_view>

#include "absl/time/civil_time.h"
#include "base/strings.h"
#include "base/text.h"

namespace sluice::monitor {
namespace {

constexpr std::array<std::string_view, 7> kDays = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
constexpr int kMinutesPerDay = 24 * 60;

absl::Time ReadTime(const ConfigNode& node, std::string_view key, absl::Time fallback) {
  const std::string text = node.String(key, "");
  absl::Time time = fallback;
  std::string problem;
  if (node.Has(key) && !absl::ParseTime(absl::RFC3339_full, text, &time, &problem)) {
    node.Fail(key, StrCat("found ", Quoted(text), "; expected a time such as 2026-11-20T22:00:00Z"));
  }
  return time;
}

// "22:30" in minutes; "24:00" is the end of the day.
int ReadMinute(const ConfigNode& node, std::string_view key, int fallback) {
  const std::string text = node.String(key, "");
  if (!node.Has(key)) return fallback;
  const auto digit = [&](size_t i) { return text[i] >= '0' && text[i] <= '9' ? text[i] - '0' : 100'000; };
  if (text.size() == 5 && text[2] == ':') {
    const int hours = digit(0) * 10 + digit(1);
    const int minutes = digit(3) * 10 + digit(4);
    if (minutes < 60 && hours * 60 + minutes <= kMinutesPerDay) return hours * 60 + minutes;
  }
  node.Fail(key, StrCat("found ", Quoted(text), "; expected a time of the day, such as \"06:30\", in quotes"));
  return fallback;
}

// From Monday on.
int DayOfWeek(absl::CivilDay day) { return static_cast<int>(absl::GetWeekday(day)); }

}  // namespace

Silences::Window Silences::ReadWindow(const ConfigNode& node) {
  Window window;
  window.matcher = AlertMatcher::Read(node, "match");
  const std::vector<std::string> days = node.Strings("days", {kDays.begin(), kDays.end()});
  for (const std::string& day : days) {
    const auto at = std::ranges::find(kDays, day);
    if (at == kDays.end()) {
      node.Fail("days", StrCat("found ", Quoted(day), "; allowed are mon, tue, wed, thu, fri, sat and sun"));
    } else {
      window.days[static_cast<size_t>(at - kDays.begin())] = true;
    }
  }
  window.from_minute = ReadMinute(node, "from", 0);
  window.to_minute = ReadMinute(node, "to", kMinutesPerDay);
  const std::string zone = node.String("zone", "UTC");
  if (!absl::LoadTimeZone(zone, &window.zone)) {
    node.Fail("zone", StrCat("found ", Quoted(zone), "; expected the name of a time zone, such as Europe/Berlin"));
  }
  return window;
}

Silences Silences::Read(const ConfigNode& root) {
  Silences result;
  for (const ConfigNode& node : root.Maps("silences")) {
    node.String("comment", "");
    Silence silence = {.matcher = AlertMatcher::Read(node, "match"),
                       .from = ReadTime(node, "from", absl::InfinitePast()),
                       .to = ReadTime(node, "to", absl::InfiniteFuture())};
    if (silence.to <= silence.from) node.Fail("to", "it is not later than from");
    result.silences_.push_back(std::move(silence));
  }
  for (const ConfigNode& node : root.Maps("maintenance")) {
    node.String("comment", "");
    result.windows_.push_back(ReadWindow(node));
  }
  return result;
}

bool Silences::Window::Holds(absl::Time now) const {
  const absl::CivilMinute minute = absl::ToCivilMinute(now, zone);
  const absl::CivilDay today(minute);
  const int of_day = minute.hour() * 60 + minute.minute();
  const bool today_counts = days[static_cast<size_t>(DayOfWeek(today))];
  if (from_minute < to_minute) return today_counts && of_day >= from_minute && of_day < to_minute;
  // Over midnight: the evening of a day, and the morning after one.
  const bool yesterday_counts = days[static_cast<size_t>(DayOfWeek(today - 1))];
  return (today_counts && of_day >= from_minute) || (yesterday_counts && of_day < to_minute);
}

bool Silences::Holds(const Alert& alert, absl::Time now) const {
  const auto silenced = [&](const Silence& s) { return now >= s.from && now < s.to && s.matcher.Matches(alert); };
  const auto maintained = [&](const Window& window) { return window.Holds(now) && window.matcher.Matches(alert); };
  return std::ranges::any_of(silences_, silenced) || std::ranges::any_of(windows_, maintained);
}

}  // namespace sluice::monitor
