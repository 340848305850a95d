// Severity, time and attributes of a line: bytes in, values out. ParserFactory makes the parsers.
//
// Any bytes are a line; a parser never fails, it finds less. Pure: no clock, no locale, no host's time zone.
//
// Times that name no zone are of the zone that the source names, or UTC, whatever the host's zone: the same file gives
// the same times everywhere.
// Times that name no year (syslog's) get the latest year in which they are at most a day ahead of the time at which the
// line was read. Times before 1971 and after 2261 are taken for no times.
#pragma once

#include <cstdint>
#include <string_view>

#include "agent/parse/parsed_line.h"

namespace sluice::agent {

// The parser of one file. What it finds in a line never depends on the lines before, but for the columns that a W3C log
// names in its "#Fields:" line. Small (100 bytes at most), since every file has one. Used by one thread at a time.
class LineParser {
 public:
  virtual ~LineParser() = default;
  // `line` comes without its newline (and without a CR before it). `read_unix_nano` is now, roughly. `out` is
  // overwritten; its views live as long as `line` and this parser. Allocates nothing once `out` has been used.
  virtual void Parse(std::string_view line, int64_t read_unix_nano, ParsedLine* out) = 0;
  // For a file of which reading goes on at a later place: `lines` are its first ones, the last one perhaps cut off.
  // Whatever names columns there is remembered.
  virtual void Recall(std::string_view lines) {}
};

}  // namespace sluice::agent
