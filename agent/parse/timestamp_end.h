// What the layouts of times have in common: how they end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "agent/parse/civil.h"
#include "agent/parse/zone_offsets.h"

namespace sluice::agent::internal {

inline constexpr int64_t kNanosPerSecond = 1'000'000'000;
inline constexpr int64_t kEarliestSeconds = DaysFromCivil(1971, 1, 1) * kSecondsPerDay;
inline constexpr int64_t kLatestSeconds = DaysFromCivil(2262, 1, 1) * kSecondsPerDay;  // its nanoseconds fit an int64_t
inline constexpr uint32_t kYearMax = 9999;

// Reads what follows the clock in every layout, and puts the time together. `local`: the zone of a time that names
// none; null is UTC. 0 if it is out of range or runs on.
inline size_t Finish(const ZoneOffsets* local, std::string_view text, const char* p, int64_t seconds,
                     uint64_t* unix_nano) {
  const char* const end = text.data() + text.size();
  const uint32_t nanos = ReadFraction(&p, end);
  const char* const zone = p;
  seconds -= ReadZone(&p, end);
  if (p == zone && local != nullptr) [[unlikely]]
    seconds = local->ToUtc(seconds);
  if (!EndsTime(p, end)) return 0;
  if (seconds < kEarliestSeconds || seconds >= kLatestSeconds) return 0;
  *unix_nano = static_cast<uint64_t>(seconds * kNanosPerSecond + nanos);
  return static_cast<size_t>(p - text.data());
}

struct MonthAndDay {
  uint32_t month = 0;
  uint32_t day = 0;
};

// Finish for a date that is not yet looked at.
inline size_t FinishDate(const ZoneOffsets* local, std::string_view text, const char* p, uint32_t year,
                         MonthAndDay date, int64_t second_of_day, uint64_t* unix_nano) {
  if (year > kYearMax || !IsDate(year, date.month, date.day)) return 0;
  const int64_t seconds = DaysFromCivil(year, date.month, date.day) * kSecondsPerDay + second_of_day;
  return Finish(local, text, p, seconds, unix_nano);
}

}  // namespace sluice::agent::internal
