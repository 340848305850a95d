// Reads times in the layouts that logs use.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sluice::agent {

class ZoneOffsets;

// If `text` begins with so many digits that they are no date: perhaps seconds since 1970, perhaps any number.
inline bool BeginsWithNumber(std::string_view text) {
  const auto digit = [text](size_t at) { return text[at] >= '0' && text[at] <= '9'; };
  return text.size() > 8 && digit(0) && digit(1) && digit(2) && digit(4) && digit(8);
}

// One a file: it remembers the last date, since the next line's is mostly the same, and compares bytes instead of
// reading them again. What it remembers never changes a result. Used by one thread at a time.
//
// The Read functions read the time at the front of `text` into `unix_nano` and return how many bytes it takes, zone
// included, or 0 if there is none. A time is never followed by a letter or a digit.
class TimeReader {
 public:
  // `zone`: that of times that name none; null is UTC. It outlives the reader.
  explicit TimeReader(const ZoneOffsets* zone = nullptr) : zone_(zone) {}

  // The time from which the year is taken where a time names none.
  void set_now(int64_t unix_nano) { now_seconds_ = unix_nano / 1'000'000'000; }

  // 2026-11-20T09:15:39.123Z; also with ' ' for the T, ',' for the point, '/' or '.' for the '-'. 2026-11-20T09:15Z
  size_t ReadYearFirst(std::string_view text, uint64_t* unix_nano);
  // 20/Nov/2026:09:15:39 +0000, 20-Nov-2026 09:15:39.123, 20 Nov 2026 09:15:39
  size_t ReadDayFirst(std::string_view text, uint64_t* unix_nano);
  // Nov 20 09:15:39[.123456], Nov 20 2026 09:15:39, Nov 20, 2026 9:15:39 AM; after a weekday also
  // Fri Nov 20 09:15:39.123456 2026, Fri Nov 20 09:15:39 UTC 2026 and Fri, 20 Nov 2026 09:15:39 GMT (or 2 Nov).
  size_t ReadNameFirst(std::string_view text, uint64_t* unix_nano);
  // klog's and glog's: 1120 09:15:39.123456, 20261120 09:15:39.123456
  size_t ReadKlog(std::string_view text, uint64_t* unix_nano);
  // A number of seconds, milli-, micro- or nanoseconds since 1970, whichever gives a time between 1973 and 2261.
  static size_t ReadEpoch(std::string_view text, uint64_t* unix_nano);

  // 2 Nov 2026 09:15:39
  size_t ReadShortDayFirst(std::string_view text, uint64_t* unix_nano);
  // ISO 8601's basic form: 20261120T091539Z, 20261120T091539.123+0100
  size_t ReadBasic(std::string_view text, uint64_t* unix_nano);
  // 11/20/2026 09:15:39, 1/5/2026 9:15:39 AM. A number above 12 is the day. If both may be the month, the first one is
  // with AM or PM, as Americans write it; without, it is no time, since nobody can tell.
  size_t ReadSlashed(std::string_view text, uint64_t* unix_nano);
  // 20.11.2026 09:15:39
  size_t ReadDotted(std::string_view text, uint64_t* unix_nano);
  // 26/11/20 09:15:39, as log4j and Spark write it: the year comes first, and is one from 1970 on.
  size_t ReadShortYear(std::string_view text, uint64_t* unix_nano);

  // Any of these but klog's, whichever begins like `text`.
  size_t Read(std::string_view text, uint64_t* unix_nano);
  // True if the whole text is such a time: a value of JSON or logfmt.
  bool ReadAll(std::string_view text, uint64_t* unix_nano) {
    return !text.empty() && Read(text, unix_nano) == text.size();
  }

  // What a clock of the zone shows at `unix_nano`, a day later.
  uint64_t DayAfter(uint64_t unix_nano) const;

 private:
  size_t ReadRare(std::string_view text, uint64_t* unix_nano);
  int64_t StartOfDay(uint32_t month, uint32_t day, int64_t second_of_day);
  bool Remembers(const char* date) const;
  void Remember(const char* date, int64_t seconds);

  // The last date in the layout's own 16 bytes (down to minutes, or tens of minutes), or a month and a day and kNoYear;
  // and its seconds since 1970.
  uint64_t date_[2] = {0, 0};
  int64_t date_seconds_ = 0;
  int64_t now_seconds_ = 0;
  const ZoneOffsets* zone_;
};

}  // namespace sluice::agent
