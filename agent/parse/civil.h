// Small pieces of every layout of a time: digits, dates, zones.
#pragma once

#include <cstdint>
#include <string_view>

namespace sluice::agent {

inline constexpr int64_t kSecondsPerDay = 86400;

inline bool IsDigit(char c) { return static_cast<uint8_t>(c - '0') < 10; }
inline bool IsLetter(char c) { return static_cast<uint8_t>((c | 0x20) - 'a') < 26; }
inline bool IsUpper(char c) { return static_cast<uint8_t>(c - 'A') < 26; }
inline bool IsAlnum(char c) { return IsDigit(c) || IsLetter(c); }
inline bool IsSpace(char c) { return c == ' ' || c == '\t'; }

// The number of exactly two digits; more than 99 if they are none.
inline uint32_t TwoDigits(const char* p) {
  const uint32_t tens = static_cast<uint8_t>(p[0]) - uint32_t{'0'};
  const uint32_t ones = static_cast<uint8_t>(p[1]) - uint32_t{'0'};
  return tens > 9 || ones > 9 ? 100 : tens * 10 + ones;
}

// More than 999 if they are none.
inline uint32_t ThreeDigits(const char* p) {
  const uint32_t hundreds = static_cast<uint8_t>(p[0]) - uint32_t{'0'};
  const uint32_t rest = TwoDigits(p + 1);
  return hundreds > 9 || rest > 99 ? 1000 : hundreds * 100 + rest;
}

// More than 9999 if they are none.
inline uint32_t FourDigits(const char* p) {
  const uint32_t high = TwoDigits(p);
  const uint32_t low = TwoDigits(p + 2);
  return high > 99 || low > 99 ? 10000 : high * 100 + low;
}

// Days since 1970-01-01 of a date of the Gregorian calendar; the month and the day may be out of range.
constexpr int64_t DaysFromCivil(int64_t year, uint32_t month, uint32_t day) {
  year -= month <= 2;  // years that begin in March put the leap day last
  const int64_t era = (year >= 0 ? year : year - 399) / 400;
  const auto year_of_era = static_cast<uint32_t>(year - era * 400);
  const uint32_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  const uint32_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + day_of_era - 719468;
}

// The year of a day since 1970-01-01.
int64_t YearOfDay(int64_t days);

bool IsDate(int64_t year, uint32_t month, uint32_t day);

// 1 to 12 for "Jan" to "Dec" in any case; 0 if the three letters name no month.
uint32_t MonthFromName(const char* p);

// True for "Mon" to "Sun" in any case.
bool IsWeekday(const char* p);

// These advance `p` behind what they read, and leave it if there is nothing of the kind.

// "09:15:39" as seconds of the day; up to 23:59:60.
bool ReadClock(const char** p, const char* end, int64_t* seconds);
// "9:15:39 AM" behind a date.
bool ReadTwelveHourClock(const char** p, const char* end, int64_t* seconds);
// ".123456" or ",123" in nanoseconds; digits after the ninth are passed over.
inline uint32_t ReadFraction(const char** p, const char* end) {
  const char* at = *p;
  if (end - at < 2 || (*at != '.' && *at != ',') || !IsDigit(at[1])) return 0;
  if (end - at == 4 || (end - at > 4 && !IsDigit(at[4]))) {  // milliseconds, as most are
    if (const uint32_t millis = ThreeDigits(at + 1); millis <= 999) {
      *p = at + 4;
      return millis * 1'000'000;
    }
  }
  uint32_t nanos = 0;
  uint32_t unit = 1'000'000'000;
  for (++at; at < end && IsDigit(*at); ++at) {
    if (unit == 1) continue;
    unit /= 10;
    nanos = nanos * 10 + static_cast<uint32_t>(*at - '0');
  }
  *p = at;
  return nanos * unit;
}

// A time is not followed by a letter or a digit.
inline bool EndsTime(const char* p, const char* end) { return p == end || !IsAlnum(*p); }

namespace internal {
int64_t ReadOtherZone(const char** p, const char* end);  // not "Z"
}  // namespace internal

// "Z", "+01:00", "+0100", "+01", " +0100", " UTC", " CEST": seconds to subtract. Nothing is UTC.
inline int64_t ReadZone(const char** p, const char* end) {
  if (*p == end) return 0;
  const char c = **p;
  if (c == 'Z' || c == 'z') {
    if (EndsTime(*p + 1, end)) ++*p;
    return 0;
  }
  return c == '+' || c == '-' || c == ' ' ? internal::ReadOtherZone(p, end) : 0;
}

}  // namespace sluice::agent
