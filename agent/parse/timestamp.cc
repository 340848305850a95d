#include "agent/parse/timestamp.h"

#include <algorithm>
#include <cstring>

#include "agent/parse/civil.h"
#include "agent/parse/timestamp_end.h"
#include "agent/parse/zone_offsets.h"

namespace sluice::agent {
namespace {

using internal::Finish;
using internal::FinishDate;
using internal::kLatestSeconds;
using internal::kNanosPerSecond;
using internal::kYearMax;
using internal::MonthAndDay;

constexpr uint64_t kNoYear = ~uint64_t{0};  // no layout's text has these bytes

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

// " UTC", " +0100", " -03" before a year. False if there is none that is known; an abbreviation of another is passed
// over.
bool ReadZoneBeforeYear(const char** p, const char* end, int64_t* seconds) {
  constexpr ptrdiff_t kLongest = 5;
  if (end - *p < 2 || **p != ' ') return false;
  const char first = (*p)[1];
  const char* const begin = first == '+' || first == '-' ? *p + 1 : *p;
  const char* at = begin;
  *seconds = ReadZone(&at, end);
  const bool known = at != begin;
  if (!known) {
    ++at;
    while (at < end && at - begin <= kLongest && IsUpper(*at)) ++at;
    if (at == begin + 1) return false;
  }
  *p = at;
  return known;
}

// "Fri Nov 20 09:15:39.123456 2026", "Fri Nov 20 09:15:39 AM UTC 2026": the year comes last.
size_t ReadAsctime(const ZoneOffsets* local, std::string_view text, uint64_t* unix_nano) {
  const char* p = text.data() + 4;
  const char* const end = text.data() + text.size();
  MonthAndDay date;
  int64_t second_of_day;
  if (!ReadMonthAndDay(&p, end, &date) || *p++ != ' ') return 0;
  if (!ReadTwelveHourClock(&p, end, &second_of_day) && !ReadClock(&p, end, &second_of_day)) return 0;
  const uint32_t nanos = ReadFraction(&p, end);
  int64_t zone_seconds = 0;
  if (ReadZoneBeforeYear(&p, end, &zone_seconds)) local = nullptr;
  if (end - p < 5 || *p != ' ') return 0;
  const size_t size = FinishDate(local, text, p + 5, FourDigits(p + 1), date, second_of_day - zone_seconds, unix_nano);
  if (size != 0) *unix_nano += nanos;
  return size;
}

// "2026-11-20  09:15:39": apt's logs have two blanks.
size_t ReadTwoBlanks(const ZoneOffsets* local, std::string_view text, uint64_t* unix_nano) {
  const char* const p = text.data();
  char minute[16];
  if (text.size() < 20 || p[10] != ' ' || p[11] != ' ' || p[17] != ':') return 0;
  std::memcpy(minute, p, 10);
  std::memcpy(minute + 10, p + 11, 6);
  int64_t seconds;
  const uint32_t second = TwoDigits(p + 18);
  if (second > 60 || !ReadYearFirstMinute(minute, &seconds)) return 0;
  return Finish(local, text, p + 20, seconds + second, unix_nano);
}

// "2026-11-20T09:15Z": what has no seconds is a time if it has a zone.
size_t ReadWithoutSeconds(std::string_view text, uint64_t* unix_nano) {
  constexpr size_t kClockEnd = std::string_view("2026-11-20T09:15").size();
  if (text.size() <= kClockEnd || (text[10] != 'T' && text[10] != 't')) return 0;
  const char* p = text.data() + kClockEnd;
  int64_t seconds;
  if (*p == ' ' || !ReadYearFirstMinute(text.data(), &seconds)) return 0;
  seconds -= ReadZone(&p, text.data() + text.size());
  return p == text.data() + kClockEnd ? 0 : Finish(nullptr, text, p, seconds, unix_nano);
}

}  // namespace

bool TimeReader::Remembers(const char* date) const { return std::memcmp(date, date_, sizeof date_) == 0; }

void TimeReader::Remember(const char* date, int64_t seconds) {
  std::memcpy(date_, date, sizeof date_);
  date_seconds_ = seconds;
}

size_t TimeReader::ReadYearFirst(std::string_view text, uint64_t* unix_nano) {
  constexpr size_t kSize = std::string_view("2026-11-20T09:15:39").size();
  if (text.size() < kSize) return ReadWithoutSeconds(text, unix_nano);
  const char* const p = text.data();
  // The colon tells this layout from the others that may be remembered.
  if (p[13] != ':' || !Remembers(p)) {
    int64_t seconds;
    if (!ReadYearFirstMinute(p, &seconds)) return ReadTwoBlanks(zone_, text, unix_nano);
    Remember(p, seconds);
  }
  const uint32_t second = TwoDigits(p + 17);
  if (p[16] != ':') [[unlikely]]
    return ReadWithoutSeconds(text, unix_nano);
  if (second > 60) return 0;
  return Finish(zone_, text, p + kSize, date_seconds_ + second, unix_nano);
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
  return Finish(zone_, text, p + kSize, date_seconds_ + (p[16] - '0') * 60 + second, unix_nano);
}

// The start of the day in the latest year in which the time is at most a day ahead of now; negative if there is none.
int64_t TimeReader::StartOfDay(uint32_t month, uint32_t day, int64_t second_of_day) {
  const int64_t now = zone_ == nullptr ? now_seconds_ : zone_->ToLocal(now_seconds_);
  const int64_t latest = now + kSecondsPerDay - second_of_day;
  const uint64_t date = month << 8 | day;
  const bool remembered = date_[0] == date && date_[1] == kNoYear && date_seconds_ <= latest &&
                          latest < date_seconds_ + 365 * kSecondsPerDay;
  if (remembered) return date_seconds_;
  const int64_t this_year = YearOfDay(std::max<int64_t>(now, 0) / kSecondsPerDay);
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
  if (IsWeekday(p) && p[3] == ' ') return ReadAsctime(zone_, text, unix_nano);
  if (IsWeekday(p) && p[3] == ',' && p[4] == ' ') {
    size_t size = ReadDayFirst(text.substr(5), unix_nano);
    if (size == 0) size = ReadShortDayFirst(text.substr(5), unix_nano);
    return size == 0 ? 0 : 5 + size;
  }

  MonthAndDay date;
  if (!ReadMonthAndDay(&p, end, &date)) return 0;
  int64_t second_of_day;
  if (end - p >= 7 && p[0] == ',' && p[1] == ' ' && p[6] == ' ') {
    const uint32_t year = FourDigits(p + 2);
    p += 7;
    if (!ReadTwelveHourClock(&p, end, &second_of_day)) return 0;
    return FinishDate(zone_, text, p, year, date, second_of_day, unix_nano);
  }
  if (end - p < 6 || p[0] != ' ') return 0;
  const uint32_t year = FourDigits(p + 1);
  const bool with_year = year <= kYearMax && p[5] == ' ';
  p += with_year ? 6 : 1;
  if (!ReadClock(&p, end, &second_of_day)) return 0;
  if (with_year) return FinishDate(zone_, text, p, year, date, second_of_day, unix_nano);
  const int64_t start = StartOfDay(date.month, date.day, second_of_day);
  return start < 0 ? 0 : Finish(zone_, text, p, start + second_of_day, unix_nano);
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
    return start < 0 ? 0 : Finish(zone_, text, p, start + second_of_day, unix_nano);
  }
  return FinishDate(zone_, text, p, year, {month, day}, second_of_day, unix_nano);
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

uint64_t TimeReader::DayAfter(uint64_t unix_nano) const {
  if (zone_ == nullptr) return unix_nano + kSecondsPerDay * kNanosPerSecond;
  const int64_t local = zone_->ToLocal(static_cast<int64_t>(unix_nano) / kNanosPerSecond);
  return static_cast<uint64_t>(zone_->ToUtc(local + kSecondsPerDay) * kNanosPerSecond) + unix_nano % kNanosPerSecond;
}

}  // namespace sluice::agent
