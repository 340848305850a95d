// For tests: what was found in a line, as text.
#pragma once

#include <cstdint>
#include <string>

#include "agent/parse/parsed_line.h"

namespace sluice::agent {

// The moment at which the tests' lines were read: 2026-11-20T12:00:00Z.
inline constexpr int64_t kTestNow = 1'795'176'000'000'000'000;

// "2026-11-20T09:15:39.123Z ERROR err": the time, the severity's name and its text; each "-" if there is none.
// Attributes follow as " name=value".
std::string Show(const ParsedLine& line);

// "2026-11-20T09:15:39.123Z"
std::string ShowTime(uint64_t unix_nano);

}  // namespace sluice::agent
