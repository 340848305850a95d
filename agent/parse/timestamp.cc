#include "agent/parse/timestamp.h"

#include <algorithm>
#include <cstring>

#include "agent/parse/civil.h"

namespace sluice::agent {
namespace {

constexpr int64_t kNanosPerSecond = 1'000'000'000;
constexpr int64_t kEarliestSeconds = DaysFromCivil(1971, 1, 1) * kSecondsPerDay;
constexpr int64_t kLatestSeconds = DaysFromCivil(2262, 1, 1) * kSecondsPerDay;  // its nanoseconds fit an int64_t
constexpr uint32_t kYearMax = 9999;
constexpr uint64_t kNoYear = ~uint64_t{0};  // no layout's text has these bytes

// Reads what follows the clock in every layout, and puts the time together. 0 if it is out of range or runs on.
inline size_t Finish(std::string_view text, const char* p, int64_t seconds, uint64_t* unix_nano) {
  const char* const end = text.data() + text.size();
  const uint32_t nanos = ReadFraction(&p, end);
  seconds -= ReadZone(&p, end);
  if (!EndsTime(p, end)) return 0;
  if (seconds < kEarliestSeconds || seconds >= kLatestSeconds) return 0;
  *unix_nano = static_cast<uint64_t>(seconds * kNanosPerSecond + nanos);
  return static_cast<size_t>(p - text.data());
}

// "2026-11-20T09:15" → its seconds.
bool ReadYearFirstMinute(const char* p, int64_t* seconds) {
  const uint32_t year = FourDigits(p);
  const uint32_t month = TwoDigits(p + 5);
  const uint32_t day = TwoDigits(p + 8);
  const uint32_t hour = TwoDigits(p + 11);
  const uint32_t minute = TwoDigits(p + 14);
  const bool separated = (p[4] == '-' || p[4] == '/' || p[4] == '.') && p[7] == p[4] &&
                         (p[10] == 'T' || p[10] == ' ' || p[10] == 't' || p[10] == '\t') && p[13] == ':';
  if (!separated || year > kYearMax || !IsDate(year, month, day) || hour > 23 || minute > 59) return false;
  *seconds = DaysFromCivil(year, month, day) * kSecondsPerDay + hour * 3600 + minute * 60;
  return true;
}

// "20/Nov/2026:09:1" → the seconds of its tens of minutes.
bool ReadDayFirstTenMinutes(const char* p, int64_t* seconds) {
  const uint32_t day = TwoDigits(p);
  const uint32_t month = MonthFromName(p + 3);
  const uint32_t year = FourDigits(p + 7);
  const uint32_t hour = TwoDigits(p + 12);
  const bool separated =
      (p[2] == '/' || p[2] == '-' || p[2] == ' ') && p[6] == p[2] && (p[11] == ':' || p[11] == ' ') && p[14] == ':';
  if (!separated || year > kYearMax || !IsDate(year, month, day) || hour > 23 || p[15] < '0' || p[15] > '5')
    return false;
  *seconds = DaysFromCivil(year, month, day) * kSecondsPerDay + hour * 3600 + (p[15] - '0') * 600;
  return true;
}

struct MonthAndDay {
  uint32_t month = 0;
  uint32_t day = 0;
};

// Finish for a date that is not yet looked at.
size_t FinishDate(std::string_view text, const char* p, uint32_t year, MonthAndDay date, int64_t second_of_day,
                  uint64_t* unix_nano) {
  if (year > kYearMax || !IsDate(year, date.month, date.day)) return 0;
  const int64_t seconds = DaysFromCivil(year, date.month, date.day) * kSecondsPerDay + second_of_day;
  return Finish(text, p, seconds, unix_nano);
}

// "Nov 20", "Nov  2", "Nov 2"; `p` is moved behind it.
bool ReadMonthAndDay(const char** p, const char* end, MonthAndDay* date) {
  const char* at = *p;
  if (end - at < 7 || at[3] != ' ') return false;
  date->month = MonthFromName(at);
  at += at[4] == ' ' ? 5 : 4;
  if (date->month == 0 || !IsDigit(*at)) return false;
  date->day = static_cast<uint32_t>(*at++ - '0');
  if (IsDigit(*at)) date->day = date->day * 10 + static_cast<uint32_t>(*at++ - '0');
  *p = at;
  return true;
}

// "Fri Nov 20 09:15:39.123456 2026": the year comes last.
size_t ReadAsctime(std::string_view text, uint64_t* unix_nano) {
  const char* p = text.data() + 4;
  const char* const end = text.data() + text.size();
  MonthAndDay date;
  int64_t second_of_day;
  if (!ReadMonthAndDay(&p, end, &date) || *p++ != ' ' || !ReadClock(&p, end, &second_of_day)) return 0;
  const uint32_t nanos = ReadFraction(&p, end);
  if (end - p < 5 || *p != ' ') return 0;
  const size_t size = FinishDate(text, p + 5, FourDigits(p + 1), date, second_of_day, unix_nano);
  if (size != 0) *unix_nano += nanos;
  return size;
}

// "9:15:39 AM" behind a date.
bool ReadTwelveHourClock(const char** p, const char* end, int64_t* seconds) {
  const char* at = *p;
  char padded[8];
  const bool one_digit = end - at >= 2 && at[1] == ':';
  const ptrdiff_t size = one_digit ? 7 : 8;
  if (end - at < size + 3) return false;
  padded[0] = '0';
  std::memcpy(padded + (one_digit ? 1 : 0), at, static_cast<size_t>(size));
  const char* clock = padded;
  at += size;
  const char half = at[1];
  if (!ReadClock(&clock, padded + 8, seconds) || at[0] != ' ' || (half != 'A' && half != 'P') || at[2] != 'M') {
    return false;
  }
  const int64_t hour = *seconds / 3600;
  if (hour < 1 || hour > 12) return false;
  *seconds += ((half == 'P' ? 12 : 0) - (hour == 12 ? 12 : 0)) * 3600;
  *p = at + 3;
  return true;
}

// "11/" or "1/"; `p` is moved behind it.
bool ReadDayOrMonth(const char** p, const char* end, uint32_t* number) {
  const char* at = *p;
  *number = 0;
  for (int i = 0; i < 2 && at < end && IsDigit(*at); ++i) *number = *number * 10 + static_cast<uint32_t>(*at++ - '0');
  if (at == *p || at == end || *at != '/') return false;
  *p = at + 1;
  return true;
}

// "2026-11-20  09:15:39": apt's logs have two blanks.
size_t ReadTwoBlanks(std::string_view text, uint64_t* unix_nano) {
  const char* const p = text.data();
  char minute[16];
  if (text.size() < 20 || p[10] != ' ' || p[11] != ' ' || p[17] != ':') return 0;
  std::memcpy(minute, p, 10);
  std::memcpy(minute + 10, p + 11, 6);
  int64_t seconds;
  const uint32_t second = TwoDigits(p + 18);
  if (second > 60 || !ReadYearFirstMinute(minute, &seconds)) return 0;
  return Finish(text, p + 20, seconds + second, unix_nano);
}

}  // namespace

bool TimeReader::Remembers(const char* date) const { return std::memcmp(date, date_, sizeof date_) == 0; }

void TimeReader::Remember(const char* date, int64_t seconds) {
  std::memcpy(date_, date, sizeof date_);
  date_seconds_ = seconds;
}

size_t TimeReader::ReadYearFirst(std::string_view text, uint64_t* unix_nano) {
  constexpr size_t kSize = std::string_view("2026-11-20T09:15:39").size();
  if (text.size() < kSize) return 0;
  const char* const p = text.data();
  // The colon tells this layout from the others that may be remembered.
  if (p[13] != ':' || !Remembers(p)) {
    int64_t seconds;
    if (!ReadYearFirstMinute(p, &seconds)) return ReadTwoBlanks(text, unix_nano);
    Remember(p, seconds);
  }
  const uint32_t second = TwoDigits(p + 17);
  if (p[16] != ':' || second > 60) return 0;
  return Finish(text, p + kSize, date_seconds_ + second, unix_nano);
}

size_t TimeReader::ReadDayFirst(std::string_view text, uint64_t* unix_nano) {
  constexpr size_t kSize = std::string_view("20/Nov/2026:09:15:39").size();
  if (text.size() < kSize) return 0;
  const char* const p = text.data();
  if (p[14] != ':' || !Remembers(p)) {  // as above
    int64_t seconds;
    if (!ReadDayFirstTenMinutes(p, &seconds)) return 0;
    Remember(p, seconds);
  }
  const uint32_t second = TwoDigits(p + 18);
  if (!IsDigit(p[16]) || p[17] != ':' || second > 60) return 0;
  return Finish(text, p + kSize, date_seconds_ + (p[16] - '0') * 60 + second, unix_nano);
}

// The start of the day in the latest year in which the time is at most a day ahead of now; negative if there is none.
int64_t TimeReader::StartOfDay(uint32_t month, uint32_t day, int64_t second_of_day) {
  const int64_t latest = now_seconds_ + kSecondsPerDay - second_of_day;
  const uint64_t date = month << 8 | day;
  const bool remembered = date_[0] == date && date_[1] == kNoYear && date_seconds_ <= latest &&
                          latest < date_seconds_ + 365 * kSecondsPerDay;
  if (remembered) return date_seconds_;
  const int64_t this_year = YearOfDay(std::max<int64_t>(now_seconds_, 0) / kSecondsPerDay);
  constexpr int kYearsBack = 8;  // 29 February may be that long ago
  for (int64_t year = this_year + 1; year >= this_year - kYearsBack; --year) {
    if (!IsDate(year, month, day)) continue;
    const int64_t start = DaysFromCivil(year, month, day) * kSecondsPerDay;
    if (start > latest) continue;
    date_[0] = date;
    date_[1] = kNoYear;
    date_seconds_ = start;
    return start;
  }
  return -1;
}

size_t TimeReader::ReadNameFirst(std::string_view text, uint64_t* unix_nano) {
  const char* p = text.data();
  const char* const end = p + text.size();
  if (text.size() < std::string_view("Nov 2 09:15:39").size()) return 0;
  if (IsWeekday(p) && p[3] == ' ') return ReadAsctime(text, unix_nano);
  if (IsWeekday(p) && p[3] == ',' && p[4] == ' ') {
    const size_t size = ReadDayFirst(text.substr(5), unix_nano);
    return size == 0 ? 0 : 5 + size;
  }

  MonthAndDay date;
  if (!ReadMonthAndDay(&p, end, &date)) return 0;
  int64_t second_of_day;
  if (end - p >= 7 && p[0] == ',' && p[1] == ' ' && p[6] == ' ') {
    const uint32_t year = FourDigits(p + 2);
    p += 7;
    if (!ReadTwelveHourClock(&p, end, &second_of_day)) return 0;
    return FinishDate(text, p, year, date, second_of_day, unix_nano);
  }
  if (end - p < 6 || p[0] != ' ') return 0;
  const uint32_t year = FourDigits(p + 1);
  const bool with_year = year <= kYearMax && p[5] == ' ';
  p += with_year ? 6 : 1;
  if (!ReadClock(&p, end, &second_of_day)) return 0;
  if (with_year) return FinishDate(text, p, year, date, second_of_day, unix_nano);
  const int64_t start = StartOfDay(date.month, date.day, second_of_day);
  return start < 0 ? 0 : Finish(text, p, start + second_of_day, unix_nano);
}

size_t TimeReader::ReadKlog(std::string_view text, uint64_t* unix_nano) {
  constexpr size_t kSize = std::string_view("1120 09:15:39").size();
  if (text.size() < kSize) return 0;
  const char* p = text.data();
  const char* const end = p + text.size();
  const bool with_year = p[4] != ' ';
  const uint32_t year = FourDigits(p);
  if (with_year) p += 4;
  if (end - p < static_cast<ptrdiff_t>(kSize) || p[4] != ' ') return 0;
  const uint32_t month = TwoDigits(p);
  const uint32_t day = TwoDigits(p + 2);
  p += 5;
  int64_t second_of_day;
  if (!ReadClock(&p, end, &second_of_day)) return 0;
  if (!with_year) {
    const int64_t start = StartOfDay(month, day, second_of_day);
    return start < 0 ? 0 : Finish(text, p, start + second_of_day, unix_nano);
  }
  return FinishDate(text, p, year, {month, day}, second_of_day, unix_nano);
}

size_t TimeReader::ReadEpoch(std::string_view text, uint64_t* unix_nano) {
  constexpr size_t kDigitsMax = 19;  // fits 64 bits
  size_t size = 0;
  uint64_t value = 0;
  while (size < text.size() && size <= kDigitsMax && IsDigit(text[size])) {
    value = value * 10 + static_cast<uint64_t>(text[size++] - '0');
  }
  if (size < 9 || size > kDigitsMax) return 0;
  // Times from 1973 on have at least 9 digits in seconds, 12 in milliseconds, and so on; each unit's range ends in
  // 2261, long before the next unit's begins.
  uint64_t unit = kNanosPerSecond;
  uint64_t first = 100'000'000;
  while (unit > 1 && value >= first * 1000) {
    unit /= 1000;
    first *= 1000;
  }
  if (value < first || value / (kNanosPerSecond / unit) >= kLatestSeconds) return 0;
  const char* p = text.data() + size;
  const char* const end = text.data() + text.size();
  const bool decimal_point = p < end && *p == '.';
  const uint64_t nanos = decimal_point ? ReadFraction(&p, end) / (kNanosPerSecond / unit) : 0;
  if (!EndsTime(p, end)) return 0;
  *unix_nano = value * unit + nanos;
  return static_cast<size_t>(p - text.data());
}

size_t TimeReader::ReadBasic(std::string_view text, uint64_t* unix_nano) {
  constexpr size_t kSize = std::string_view("20261120T091539").size();
  if (text.size() < kSize) return 0;
  const char* const p = text.data();
  const uint32_t hour = TwoDigits(p + 9);
  const uint32_t minute = TwoDigits(p + 11);
  const uint32_t second = TwoDigits(p + 13);
  if ((p[8] != 'T' && p[8] != 't') || hour > 23 || minute > 59 || second > 60) return 0;
  return FinishDate(text, p + kSize, FourDigits(p), {TwoDigits(p + 4), TwoDigits(p + 6)},
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
  return FinishDate(text, p, year, date, second_of_day, unix_nano);
}

// What none of the frequent layouts is.
size_t TimeReader::ReadRare(std::string_view text, uint64_t* unix_nano) {
  if (text[1] == '/' || text[2] == '/') return ReadSlashed(text, unix_nano);
  return text[8] == 'T' || text[8] == 't' ? ReadBasic(text, unix_nano) : 0;
}

size_t TimeReader::Read(std::string_view text, uint64_t* unix_nano) {
  if (text.size() < 9) return 0;
  if (!IsDigit(text[0])) return IsLetter(text[0]) ? ReadNameFirst(text, unix_nano) : 0;
  size_t size;
  if (IsDigit(text[2])) {
    size = IsDigit(text[4]) ? ReadEpoch(text, unix_nano) : ReadYearFirst(text, unix_nano);
  } else {
    size = ReadDayFirst(text, unix_nano);
  }
  return size != 0 ? size : ReadRare(text, unix_nano);
}

}  // namespace sluice::agent
