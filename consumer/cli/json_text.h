// Pieces of JSON.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::cli {

// Appends `text`, which is UTF-8, as a JSON string with its quotes. What a terminal would execute (control characters
// of C0 and C1, DEL, bidirectional overrides) is escaped, so that JSON on a screen is harmless, too.
void AppendJsonString(std::string_view text, std::string* out);

// Times as JSON strings. Not thread-safe.
class JsonTime {
 public:
  // Appends "2026-11-20T09:15:39.123000000Z" with its quotes.
  void Append(uint64_t unix_nanos, std::string* out);

 private:
  // Times of one second come together: its text is made once.
  int64_t second_ = -1;
  std::string second_text_;
};

}  // namespace sluice::cli
