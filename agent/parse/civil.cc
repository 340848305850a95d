#include "agent/parse/civil.h"

#include <climits>
#include <cstddef>
#include <cstring>

namespace sluice::agent {
namespace {

// Three letters in lower case as a number.
constexpr uint32_t Letters(const char* p) {
  const auto byte = [p](int i) { return static_cast<uint32_t>(static_cast<uint8_t>(p[i]) | 0x20); };
  return byte(0) << 16 | byte(1) << 8 | byte(2);
}

constexpr uint32_t kDaysOfMonth[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

constexpr bool IsLeapYear(int64_t year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

// Three or four letters as a number.
constexpr uint32_t Pack(std::string_view name) {
  uint32_t packed = 0;
  for (char c : name) packed = packed << 8 | static_cast<uint8_t>(c);
  return packed;
}

constexpr int kNoZone = INT_MAX;

// Hours ahead of UTC of an abbreviation that means one zone only, or that RFC 2822 defines.
int HoursOfZone(std::string_view name) {
  switch (Pack(name)) {
    case Pack("UTC"):
    case Pack("GMT"):
    case Pack("WET"):
      return 0;
    case Pack("CET"):
    case Pack("WEST"):
      return 1;
    case Pack("CEST"):
    case Pack("EET"):
      return 2;
    case Pack("EEST"):
    case Pack("MSK"):
      return 3;
    case Pack("JST"):
      return 9;
    case Pack("EDT"):
      return -4;
    case Pack("EST"):
    case Pack("CDT"):
      return -5;
    case Pack("CST"):
    case Pack("MDT"):
      return -6;
    case Pack("MST"):
    case Pack("PDT"):
      return -7;
    case Pack("PST"):
      return -8;
    default:
      return kNoZone;
  }
}

// At the sign. `short_form`: "+01" counts, too.
bool ReadOffset(const char** p, const char* end, bool short_form, int64_t* seconds) {
  const char* at = *p;
  if (end - at < 3) return false;
  const int64_t sign = *at == '-' ? -1 : 1;
  const uint32_t hours = TwoDigits(at + 1);
  if (hours > 18) return false;
  at += 3;
  uint32_t minutes = 0;
  if (end - at >= 2 && IsDigit(*at)) {
    minutes = TwoDigits(at);
    at += 2;
  } else if (end - at >= 3 && *at == ':') {
    minutes = TwoDigits(at + 1);
    at += 3;
  } else if (!short_form) {
    return false;
  }
  if (minutes > 59 || !EndsTime(at, end)) return false;
  *seconds = sign * (hours * 3600 + minutes * 60);
  *p = at;
  return true;
}

bool ReadNamedZone(const char** p, const char* end, int64_t* seconds) {
  constexpr ptrdiff_t kShortest = 3;
  constexpr ptrdiff_t kLongest = 4;
  const char* at = *p;
  while (at < end && at - *p <= kLongest && IsUpper(*at)) ++at;
  const ptrdiff_t size = at - *p;
  if (size < kShortest || size > kLongest || !EndsTime(at, end)) return false;
  const int hours = HoursOfZone({*p, static_cast<size_t>(size)});
  if (hours == kNoZone) return false;
  *seconds = hours * int64_t{3600};
  *p = at;
  return true;
}

}  // namespace

int64_t YearOfDay(int64_t days) {
  // A guess that is at most one year off.
  int64_t year = 1970 + days / 365;
  while (DaysFromCivil(year, 1, 1) > days) --year;
  while (DaysFromCivil(year + 1, 1, 1) <= days) ++year;
  return year;
}

bool IsDate(int64_t year, uint32_t month, uint32_t day) {
  if (month < 1 || month > 12 || day < 1) return false;
  return day <= kDaysOfMonth[month - 1] || (month == 2 && day == 29 && IsLeapYear(year));
}

uint32_t MonthFromName(const char* p) {
  switch (Letters(p)) {
    case Letters("jan"):
      return 1;
    case Letters("feb"):
      return 2;
    case Letters("mar"):
      return 3;
    case Letters("apr"):
      return 4;
    case Letters("may"):
      return 5;
    case Letters("jun"):
      return 6;
    case Letters("jul"):
      return 7;
    case Letters("aug"):
      return 8;
    case Letters("sep"):
      return 9;
    case Letters("oct"):
      return 10;
    case Letters("nov"):
      return 11;
    case Letters("dec"):
      return 12;
    default:
      return 0;
  }
}

bool IsWeekday(const char* p) {
  switch (Letters(p)) {
    case Letters("mon"):
    case Letters("tue"):
    case Letters("wed"):
    case Letters("thu"):
    case Letters("fri"):
    case Letters("sat"):
    case Letters("sun"):
      return true;
    default:
      return false;
  }
}

bool ReadClock(const char** p, const char* end, int64_t* seconds) {
  const char* at = *p;
  if (end - at < 8 || at[2] != ':' || at[5] != ':') return false;
  const uint32_t hour = TwoDigits(at);
  const uint32_t minute = TwoDigits(at + 3);
  const uint32_t second = TwoDigits(at + 6);
  if (hour > 23 || minute > 59 || second > 60) return false;
  *seconds = hour * 3600 + minute * 60 + second;
  *p = at + 8;
  return true;
}

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

namespace internal {

int64_t ReadOtherZone(const char** p, const char* end) {
  const char* at = *p;
  int64_t seconds = 0;
  if (*at != ' ') {
    ReadOffset(p, end, /*short_form=*/true, &seconds);
  } else if (end - at >= 4) {
    ++at;
    const bool read = *at == '+' || *at == '-' ? ReadOffset(&at, end, /*short_form=*/false, &seconds)
                                               : IsUpper(*at) && ReadNamedZone(&at, end, &seconds);
    if (read) *p = at;
  }
  return seconds;
}

}  // namespace internal

}  // namespace sluice::agent
