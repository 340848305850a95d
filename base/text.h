// UTF-8, and text for terminals.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sluice {

// Fast (SIMD).
bool IsValidUtf8(std::string_view bytes);

// A character of UTF-8 text, or a part of it that is none.
struct Utf8Char {
  char32_t code_point = 0;  // only if valid
  size_t size = 0;          // bytes; of the maximal ill-formed part if not valid
  bool valid = false;
};

// The first character of `bytes`, which must not be empty.
Utf8Char DecodeUtf8(std::string_view bytes);

// True for what acts on a terminal instead of being shown: C0 but TAB, DEL, C1, and what turns the direction of text.
bool IsControl(char32_t code_point);

// `bytes` with each maximal ill-formed part (Unicode 15, section 3.9) shown as U+FFFD.
std::string ReplaceInvalidUtf8(std::string_view bytes);

// Appends `text` (UTF-8 or not) so that a terminal shows it and never executes it: control characters (IsControl) as
// \n, \r, \x1b, \u202e …; bytes that are no UTF-8 as \xff. A trailing CR is left out if `strip_cr`.
void AppendVisible(std::string_view text, bool strip_cr, std::string* out);

// Appends `text` (UTF-8 or not) as a JSON string with its quotes; what acts on a terminal is escaped.
void AppendJsonString(std::string_view text, std::string* out);

// `text` in quotes, as something that was found is told in an error: visible (AppendVisible), and not much of it.
std::string Quoted(std::string_view text);

}  // namespace sluice
