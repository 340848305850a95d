// Colours of a terminal.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

#include "sluice/v1/log.pb.h"

namespace sluice::cli {

inline constexpr std::string_view kReset = "\x1b[0m";
inline constexpr std::string_view kDim = "\x1b[2m";
inline constexpr std::string_view kBold = "\x1b[1m";
// What a search found: in reverse.
inline constexpr std::string_view kFound = "\x1b[7m";
inline constexpr std::string_view kGreen = "\x1b[32m";
inline constexpr std::string_view kYellow = "\x1b[33m";
inline constexpr std::string_view kRed = "\x1b[31m";

enum class ColorMode { kAuto, kAlways, kNever };

// kAuto: only on a terminal that can, and if nobody set NO_COLOR (https://no-color.org).
bool UseColor(ColorMode mode, std::FILE* file);

// The escape sequence that begins the colour of a topic: the same for the same name, on every machine and day.
std::string_view TopicColor(std::string_view topic);
std::string_view SeverityColor(v1::Severity severity);

}  // namespace sluice::cli
