// The layouts that are not frequent.
#include "agent/parse/civil.h"
#include "agent/parse/timestamp.h"
#include "agent/parse/timestamp_end.h"

namespace sluice::agent {

using internal::FinishDate;
using internal::MonthAndDay;

namespace {

// "11/" or "1/"; `p` is moved behind it.
bool ReadDayOrMonth(const char** p, const char* end, uint32_t* number) {
  const char* at = *p;
  *number = 0;
  for (int i = 0; i < 2 && at < end && IsDigit(*at); ++i) *number = *number * 10 + static_cast<uint32_t>(*at++ - '0');
  if (at == *p || at == end || *at != '/') return false;
  *p = at + 1;
  return true;
}

}  // namespace

size_t TimeReader::ReadShortDayFirst(std::string_view text, uint64_t* unix_nano) {
  constexpr size_t kSize = std::string_view("2 Nov 2026 09:15:39").size();
  if (text.size() < kSize) return 0;
  const char* p = text.data();
  const char* const end = p + text.size();
  const bool separated = p[1] == ' ' && p[5] == ' ' && p[10] == ' ';
  if (!separated || !IsDigit(p[0])) return 0;
  const uint32_t year = FourDigits(p + 6);
  const MonthAndDay date = {MonthFromName(p + 2), static_cast<uint32_t>(p[0] - '0')};
  p += 11;
  int64_t second_of_day;
  if (!ReadClock(&p, end, &second_of_day)) return 0;
  return FinishDate(zone_, text, p, year, date, second_of_day, unix_nano);
}

size_t TimeReader::ReadBasic(std::string_view text, uint64_t* unix_nano) {
  constexpr size_t kSize = std::string_view("20261120T091539").size();
  if (text.size() < kSize) return 0;
  const char* const p = text.data();
  const uint32_t hour = TwoDigits(p + 9);
  const uint32_t minute = TwoDigits(p + 11);
  const uint32_t second = TwoDigits(p + 13);
  if ((p[8] != 'T' && p[8] != 't') || hour > 23 || minute > 59 || second > 60) return 0;
  return FinishDate(zone_, text, p + kSize, FourDigits(p), {TwoDigits(p + 4), TwoDigits(p + 6)},
                    hour * 3600 + minute * 60 + second, unix_nano);
}

size_t TimeReader::ReadSlashed(std::string_view text, uint64_t* unix_nano) {
  const char* p = text.data();
  const char* const end = p + text.size();
  uint32_t first;
  uint32_t second;
  if (!ReadDayOrMonth(&p, end, &first) || !ReadDayOrMonth(&p, end, &second) || end - p < 6) return 0;
  const uint32_t year = FourDigits(p);
  p += 4;
  if (*p == ',') ++p;
  if (p == end || *p++ != ' ') return 0;
  int64_t second_of_day;
  const bool twelve_hours = ReadTwelveHourClock(&p, end, &second_of_day);
  if (!twelve_hours && !ReadClock(&p, end, &second_of_day)) return 0;
  const bool both_may_be_the_month = first <= 12 && second <= 12 && first != second;
  if (both_may_be_the_month && !twelve_hours) return 0;
  const MonthAndDay date = first > 12 ? MonthAndDay{second, first} : MonthAndDay{first, second};
  return FinishDate(zone_, text, p, year, date, second_of_day, unix_nano);
}

size_t TimeReader::ReadDotted(std::string_view text, uint64_t* unix_nano) {
  constexpr size_t kSize = std::string_view("20.11.2026 09:15:39").size();
  if (text.size() < kSize) return 0;
  const char* p = text.data();
  const char* const end = p + text.size();
  const MonthAndDay date = {TwoDigits(p + 3), TwoDigits(p)};
  const uint32_t year = FourDigits(p + 6);
  if (p[2] != '.' || p[5] != '.') return 0;
  p += p[10] == ',' ? 11 : 10;
  int64_t second_of_day;
  if (*p++ != ' ' || !ReadClock(&p, end, &second_of_day)) return 0;
  return FinishDate(zone_, text, p, year, date, second_of_day, unix_nano);
}

size_t TimeReader::ReadShortYear(std::string_view text, uint64_t* unix_nano) {
  constexpr size_t kSize = std::string_view("26/11/20 09:15:39").size();
  constexpr uint32_t kFirstOfLastCentury = 70;
  if (text.size() < kSize) return 0;
  const char* p = text.data();
  const char* const end = p + text.size();
  const uint32_t year = TwoDigits(p);
  const MonthAndDay date = {TwoDigits(p + 3), TwoDigits(p + 6)};
  if (p[5] != '/' || year > 99) return 0;
  p += 9;
  int64_t second_of_day;
  if (!ReadClock(&p, end, &second_of_day)) return 0;
  return FinishDate(zone_, text, p, year + (year < kFirstOfLastCentury ? 2000 : 1900), date, second_of_day, unix_nano);
}

// What none of the frequent layouts is.
size_t TimeReader::ReadRare(std::string_view text, uint64_t* unix_nano) {
  if (text[1] == ' ') return ReadShortDayFirst(text, unix_nano);
  if (text[2] == '.') return ReadDotted(text, unix_nano);
  if (text[2] == '/' && text[8] == ' ') return ReadShortYear(text, unix_nano);
  if (text[1] == '/' || text[2] == '/') return ReadSlashed(text, unix_nano);
  return text[8] == 'T' || text[8] == 't' ? ReadBasic(text, unix_nano) : 0;
}

}  // namespace sluice::agent
