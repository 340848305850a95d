// Words of text that are a severity, judged by their spelling and by what stands around them: "no error occurred" names
// none.
#pragma once

#include <cstddef>
#include <string_view>

#include "agent/parse/parsed_line.h"

namespace sluice::agent {

// Where in the head of a line a word stands.
enum class LevelPlace {
  kAfterTime,  // first word of the line's text behind a time, or behind other marks of a log line
  kFirst,      // first word of the line
  kLater,      // behind a time and one other word (a thread's or a logger's name)
};

// The severity that the word at the front of `text` is, with as many letters as are returned; 0: it is none.
//   in capitals:  ERROR msg, WARN: msg, INFO/Main, |ERROR|
//   in any case:  error: msg, Warning: msg (not kLater); info<TAB>msg, info | msg (kAfterTime only)
//   one letter:   E: msg (not kLater); E [conn] msg, W | msg (kAfterTime only)
size_t ReadLevelWord(std::string_view text, LevelPlace place, ParsedLine* out);

// The severity that the inside of a pair of brackets is: "error", "INFO ", "core:error", "Server thread/INFO".
bool ReadLevelInBrackets(std::string_view inside, ParsedLine* out);

}  // namespace sluice::agent
