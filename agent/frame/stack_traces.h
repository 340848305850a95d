// The shapes of stack traces: which line goes on with the one that the lines before began. Pure: a small machine each,
// fed with the lines of one record.
//
// What begins a trace (an exception's name, "Traceback (most recent call last):", "goroutine 1 [running]:") goes on
// with the line right before it if that is no part of a trace: the line of the logger that tells of the exception.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace sluice::agent {

enum class TraceKind : uint8_t { kJava, kPython, kGo };

enum class LineVerdict : uint8_t {
  kBegins,       // begins another record, and so do those before it that might have gone on
  kMayContinue,  // goes on if a later line says so, before one begins another record
  kContinues,
};

using TraceState = uint8_t;

// True of most lines that begin a record, by their first byte alone: of these the machines need not be asked.
inline bool NeverInTrace(std::string_view line) {
  constexpr auto kNever = [] {
    std::array<bool, 256> never{};
    for (int c = '0'; c <= '9'; ++c) never[c] = true;
    for (char c : std::string_view("{<")) never[static_cast<uint8_t>(c)] = true;
    return never;
  }();
  return !line.empty() && kNever[static_cast<uint8_t>(line[0])];
}

// The state behind the first line of a record.
TraceState FirstOfJava(std::string_view line);
TraceState FirstOfPython(std::string_view line);
TraceState FirstOfGo(std::string_view line);

// What the next line is; a line that begins another record leaves the state as it is.
LineVerdict NextOfJava(std::string_view line, TraceState* state);
LineVerdict NextOfPython(std::string_view line, TraceState* state);
LineVerdict NextOfGo(std::string_view line, TraceState* state);

}  // namespace sluice::agent
