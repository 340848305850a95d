// W3C extended logs (IIS, CloudFront): a "#Fields:" line names the columns of the lines behind it.
#pragma once

#include <cstdint>
#include <string_view>

#include "agent/parse/parsed_line.h"
#include "agent/parse/timestamp.h"

namespace sluice::agent {

// What the last "#Fields:" line of a file said. Used by one thread at a time.
class W3cColumns {
 public:
  // True if `line` is a directive; one that names the fields replaces the columns.
  bool ReadDirective(std::string_view line) { return line.starts_with('#') && ReadMarkedLine(line); }
  // True if the columns "date" and "time" are known and `line` has a time there. Such a log names no severity.
  bool ParseRow(std::string_view line, TimeReader* times, ParsedLine* out) const {
    return date_ != kUnknown && time_ != kUnknown && ParseKnownRow(line, times, out);
  }

 private:
  bool ReadMarkedLine(std::string_view line);
  bool ParseKnownRow(std::string_view line, TimeReader* times, ParsedLine* out) const;

  static constexpr int8_t kUnknown = -1;
  int8_t date_ = kUnknown;  // its number, from 0
  int8_t time_ = kUnknown;
};

}  // namespace sluice::agent
