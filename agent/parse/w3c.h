// W3C extended logs (IIS, CloudFront): a "#Fields:" line names the columns of the lines behind it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "agent/parse/field_selection.h"
#include "agent/parse/parsed_line.h"
#include "agent/parse/timestamp.h"

namespace sluice::agent {

// What the last directives of a file said. Used by one thread at a time.
class W3cColumns {
 public:
  static constexpr int kColumnsMax = 127;
  static constexpr size_t kNameBytesMax = 4096;  // of all names; columns behind them are not known

  // `keep_names`: the columns' names are needed, for ParseRowFields.
  explicit W3cColumns(bool keep_names = false) : keep_names_(keep_names) {}

  // True if `line` is a directive; "#Fields:" replaces the columns, "#Date:" the date of rows that have only a time.
  bool ReadDirective(std::string_view line) { return line.starts_with('#') && ReadMarkedLine(line); }
  // Reads the directives among these lines, of which the last one may be cut off.
  void ReadDirectives(std::string_view lines);
  // True if the column "time" is known, and "date" or the date of the file, and `line` has a time there. Such a log
  // names no severity. A row whose time is before that of "#Date:" is of the next day.
  bool ParseRow(std::string_view line, TimeReader* times, ParsedLine* out) const {
    return time_ != kUnknown && (date_ != kUnknown || file_date_[0] != '\0') && ParseKnownRow(line, times, out);
  }
  // The same, and the wanted columns as attributes; "-" is left out. With `severity_from_status` also the severity that
  // the column sc-status tells. A file without times has rows, too: true if `line` has as many columns as are named.
  bool ParseRowFields(std::string_view line, const FieldSelection& fields, bool severity_from_status, TimeReader* times,
                      ParsedLine* out) const;

 private:
  struct Names {
    std::string text;
    std::vector<std::string_view> columns;  // parts of it
  };

  bool ReadMarkedLine(std::string_view line);
  void ReadDate(std::string_view text);
  void ReadColumns(std::string_view text);
  bool ParseKnownRow(std::string_view line, TimeReader* times, ParsedLine* out) const;
  bool TakeTime(std::string_view date, std::string_view time, TimeReader* times, ParsedLine* out) const;

  static constexpr int8_t kUnknown = -1;
  int8_t date_ = kUnknown;  // its number, from 0
  int8_t time_ = kUnknown;
  int8_t status_ = kUnknown;
  bool keep_names_;
  char file_date_[10] = {};  // "2026-11-20"
  uint32_t file_second_of_day_ = 0;
  std::unique_ptr<const Names> names_;  // keep_names_ only
};

}  // namespace sluice::agent
