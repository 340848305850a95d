#include "agent/parse/w3c.h"

#include <cstddef>
#include <cstring>

namespace sluice::agent {
namespace {

constexpr std::string_view kFields = "#Fields:";
// "#Software:" and the others are words, too; anything else behind a '#' is not ours.
constexpr std::string_view kDirectives[] = {
    "#Version:", "#Software:", "#Date:", "#Start-Date:", "#End-Date:", "#Remark:"};
constexpr int kColumnsMax = 127;
constexpr std::string_view kBlanks = " \t";

// Takes the next column off `line`; empty at its end.
std::string_view NextColumn(std::string_view* line) {
  const size_t begin = line->find_first_not_of(kBlanks);
  if (begin == line->npos) return {};
  size_t end = line->find_first_of(kBlanks, begin);
  if (end == line->npos) end = line->size();
  const std::string_view column = line->substr(begin, end - begin);
  line->remove_prefix(end);
  return column;
}

}  // namespace

bool W3cColumns::ReadMarkedLine(std::string_view line) {
  if (!line.starts_with(kFields)) {
    for (std::string_view directive : kDirectives) {
      if (line.starts_with(directive)) return true;
    }
    return false;
  }
  date_ = time_ = kUnknown;
  line.remove_prefix(kFields.size());
  for (int i = 0; i < kColumnsMax; ++i) {
    const std::string_view name = NextColumn(&line);
    if (name.empty()) break;
    if (name == "date") date_ = static_cast<int8_t>(i);
    if (name == "time") time_ = static_cast<int8_t>(i);
  }
  return true;
}

bool W3cColumns::ParseKnownRow(std::string_view line, TimeReader* times, ParsedLine* out) const {
  std::string_view date;
  std::string_view time;
  for (int i = 0; i <= date_ || i <= time_; ++i) {
    const std::string_view column = NextColumn(&line);
    if (i == date_) date = column;
    if (i == time_) time = column;
  }
  constexpr size_t kDateSize = std::string_view("2026-11-20").size();
  constexpr size_t kTimeMax = std::string_view("09:15:39.123456789").size();
  if (date.size() != kDateSize || time.empty() || time.size() > kTimeMax) return false;
  char joined[kDateSize + 1 + kTimeMax];
  std::memcpy(joined, date.data(), kDateSize);
  joined[kDateSize] = ' ';
  std::memcpy(joined + kDateSize + 1, time.data(), time.size());
  const std::string_view text(joined, kDateSize + 1 + time.size());
  uint64_t unix_nano;
  if (times->ReadYearFirst(text, &unix_nano) != text.size()) return false;
  out->time_unix_nano = unix_nano;
  return true;
}

}  // namespace sluice::agent
