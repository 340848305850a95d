#include "agent/parse/w3c.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

#include "agent/parse/access.h"
#include "agent/parse/civil.h"
#include "base/text.h"

namespace sluice::agent {
namespace {

constexpr std::string_view kFields = "#Fields:";
constexpr std::string_view kDate = "#Date:";
// "#Software:" and the others are words, too; anything else behind a '#' is not ours.
constexpr std::string_view kDirectives[] = {"#Version:", "#Software:", "#Start-Date:", "#End-Date:", "#Remark:"};
constexpr size_t kDateSize = std::string_view("2026-11-20").size();
constexpr size_t kTimeMax = std::string_view("09:15:39.123456789").size();
constexpr uint32_t kDisorderSeconds = 600;  // a row may be that much older than its "#Date:"

// Takes the next column off `line`; empty at its end.
std::string_view NextColumn(std::string_view* line) {
  const char* p = line->data();
  const char* const end = p + line->size();
  while (p < end && IsSpace(*p)) ++p;
  const char* const begin = p;
  while (p < end && !IsSpace(*p)) ++p;
  *line = {p, static_cast<size_t>(end - p)};
  return {begin, static_cast<size_t>(p - begin)};
}

// The same for a row: what begins with a quotation mark ends with one, and has blanks between.
std::string_view NextValue(std::string_view* line) {
  std::string_view rest = *line;
  const std::string_view column = NextColumn(&rest);
  if (!column.starts_with('"')) [[likely]] {
    *line = rest;
    return column;
  }
  const char* const end = line->data() + line->size();
  const char* const begin = column.data() + 1;
  const char* close = begin;
  const auto next = [&close, end] { return close + 1 < end ? close[1] : ' '; };
  while (close < end && (*close != '"' || !IsSpace(next()))) {
    close += *close == '"' && next() == '"' ? 2 : 1;  // two are one that does not close
  }
  if (close >= end) {  // a mark that nothing closes is a character like any other
    *line = rest;
    return column;
  }
  *line = {close + 1, static_cast<size_t>(end - close - 1)};
  return {begin, static_cast<size_t>(close - begin)};
}

// Writes `date` as "2026-11-20"; false if it is none. The examples of the format's draft have "12-Jan-1996".
bool CopyDate(std::string_view date, char* out) {
  if (date.size() == kDateSize) {
    std::memcpy(out, date.data(), kDateSize);
    return date[4] == '-' && date[7] == '-' && FourDigits(date.data()) <= 9999 &&
           IsDate(FourDigits(date.data()), TwoDigits(date.data() + 5), TwoDigits(date.data() + 8));
  }
  constexpr size_t kSize = std::string_view("20-Nov-2026").size();
  if (date.size() != kSize || date[2] != '-' || date[6] != '-') return false;
  const uint32_t month = MonthFromName(date.data() + 3);
  if (month == 0) return false;
  std::memcpy(out, date.data() + 7, 4);
  out[4] = out[7] = '-';
  out[5] = static_cast<char>('0' + month / 10);
  out[6] = static_cast<char>('0' + month % 10);
  std::memcpy(out + 8, date.data(), 2);
  return true;
}

}  // namespace

bool W3cColumns::ReadMarkedLine(std::string_view line) {
  if (line.starts_with(kFields)) {
    ReadColumns(line.substr(kFields.size()));
    return true;
  }
  if (line.starts_with(kDate)) {
    ReadDate(line.substr(kDate.size()));
    return true;
  }
  return std::ranges::any_of(kDirectives, [line](std::string_view directive) { return line.starts_with(directive); });
}

void W3cColumns::ReadDirectives(std::string_view lines) {
  for (size_t end = lines.find('\n'); end != lines.npos; end = lines.find('\n')) {
    std::string_view line = lines.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    ReadDirective(line);
    lines.remove_prefix(end + 1);
  }
}

// "2026-11-20 09:15:39", "2026-11-20", or nothing that is known.
void W3cColumns::ReadDate(std::string_view text) {
  const std::string_view date = NextColumn(&text);
  const std::string_view time = NextColumn(&text);
  const char* p = time.data();
  int64_t seconds = 0;
  if (!CopyDate(date, file_date_)) file_date_[0] = '\0';
  file_second_of_day_ = ReadClock(&p, time.data() + time.size(), &seconds) ? static_cast<uint32_t>(seconds) : 0;
}

void W3cColumns::ReadColumns(std::string_view text) {
  date_ = time_ = status_ = kUnknown;
  auto names = std::make_unique<Names>();
  names->text = ReplaceInvalidUtf8(text.substr(0, kNameBytesMax));
  std::string_view rest = names->text;
  for (int i = 0; i < kColumnsMax; ++i) {
    const std::string_view name = NextColumn(&rest);
    if (name.empty()) break;
    if (name == "date") date_ = static_cast<int8_t>(i);
    if (name == "time") time_ = static_cast<int8_t>(i);
    if (name == "sc-status") status_ = static_cast<int8_t>(i);
    names->columns.push_back(name);
  }
  if (keep_names_) names_ = std::move(names);
}

bool W3cColumns::TakeTime(std::string_view date, std::string_view time, TimeReader* times, ParsedLine* out) const {
  const bool of_file = date_ == kUnknown;
  if (of_file) date = {file_date_, kDateSize};
  if (date.size() != kDateSize || time.empty() || time.size() > kTimeMax) return false;
  char joined[kDateSize + 1 + kTimeMax];
  std::memcpy(joined, date.data(), kDateSize);
  joined[kDateSize] = ' ';
  std::memcpy(joined + kDateSize + 1, time.data(), time.size());
  const std::string_view text(joined, kDateSize + 1 + time.size());
  uint64_t unix_nano;
  if (times->ReadYearFirst(text, &unix_nano) != text.size()) return false;
  if (of_file) {
    const char* clock = time.data();
    int64_t second_of_day = 0;
    ReadClock(&clock, clock + time.size(), &second_of_day);
    if (second_of_day + kDisorderSeconds < file_second_of_day_) unix_nano = times->DayAfter(unix_nano);
  }
  out->time_unix_nano = unix_nano;
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
  return TakeTime(date, time, times, out);
}

bool W3cColumns::ParseRowFields(std::string_view line, const FieldSelection& fields, bool severity_from_status,
                                TimeReader* times, ParsedLine* out) const {
  if (names_ == nullptr) return false;
  std::string_view date;
  std::string_view time;
  const int count = static_cast<int>(names_->columns.size());
  int i = 0;
  for (; i < count; ++i) {
    const std::string_view value = NextValue(&line);
    if (value.data() == line.data() && value.empty()) break;
    if (i == date_) date = value;
    if (i == time_) time = value;
    if (i == status_ && severity_from_status) TakeHttpStatus(value, out);
    if (value != "-" && fields.Wants(names_->columns[i])) out->AddField(names_->columns[i], value);
  }
  const bool has_time = time_ != kUnknown && (date_ != kUnknown || file_date_[0] != '\0');
  const bool fits = has_time ? TakeTime(date, time, times, out) : NextColumn(&line).empty();
  if (i == count && count > 0 && fits) return true;
  out->Clear();
  return false;
}

}  // namespace sluice::agent
