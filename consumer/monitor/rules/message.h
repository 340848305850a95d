// Messages of alerts: text with {names} in it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "consumer/monitor/stage.h"

namespace sluice::monitor {

// What stands for the names of a message, besides the fields that the rule groups by.
struct MessageValues {
  const Alert& alert;
  absl::Duration window;
};

// InvalidArgument: "found …; expected …". `fields`: names of the fields that the rule groups by.
absl::Status CheckMessage(std::string_view text, const std::vector<std::string>& fields);

// {value} {threshold} {rule} {group} {window}; {time}: when it began, or ended; {since}: when it began; {duration}:
// from {since} to {time}; a field of the group by its name. "{{" is a brace.
std::string FormatMessage(std::string_view text, const MessageValues& values);

// "12", "0.125": three digits behind the point at most.
std::string FormatValue(double value);
// "2026-11-20T09:15:39Z", "2026-11-20T09:15:39.25Z".
std::string FormatMoment(absl::Time time);
// "topic=shop host=web-1".
std::string FormatGroup(const Alert::Group& group);

}  // namespace sluice::monitor
