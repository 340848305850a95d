#include "agent/parse/timestamp.h"

#include <random>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "agent/parse/show.h"
#include "agent/parse/zone_offsets.h"
#include "base/strings.h"
#include "gtest/gtest.h"

namespace sluice::agent {
namespace {

// What Read finds: the time, and what stands behind it if anything does.
std::string Found(std::string_view text, int64_t now = kTestNow, const ZoneOffsets* zone = nullptr) {
  TimeReader times(zone);
  times.set_now(now);
  uint64_t time = 0;
  const size_t size = times.Read(text, &time);
  if (size == 0) return "-";
  const std::string rest(text.substr(size));
  return rest.empty() ? ShowTime(time) : StrCat(ShowTime(time), " then '", rest, "'");
}

struct Row {
  std::string_view text;
  std::string_view found;
};

TEST(TimestampTest, ReadsEveryLayout) {
  constexpr Row kRows[] = {
      // Year first.
      {"2026-11-20T09:15:39Z", "2026-11-20T09:15:39Z"},
      {"2026-11-20t09:15:39z", "2026-11-20T09:15:39Z"},
      {"2026-11-20T09:15:39.1Z", "2026-11-20T09:15:39.1Z"},
      {"2026-11-20T09:15:39.123456789Z", "2026-11-20T09:15:39.123456789Z"},
      {"2026-11-20T09:15:39.1234567899999Z", "2026-11-20T09:15:39.123456789Z"},
      {"2026-11-20 09:15:39,123", "2026-11-20T09:15:39.123Z"},
      {"2026-11-20 09:15:39", "2026-11-20T09:15:39Z"},
      {"2026-11-20\t09:15:39", "2026-11-20T09:15:39Z"},
      {"2026-11-20  09:15:39", "2026-11-20T09:15:39Z"},
      {"2026/11/20 09:15:39 [error]", "2026-11-20T09:15:39Z then ' [error]'"},
      {"2026.11.20 09:15:39.5", "2026-11-20T09:15:39.5Z"},
      {"2026-11-20T09:15:60Z", "2026-11-20T09:16:00Z"},
      {"2026-11-20T09:15Z", "2026-11-20T09:15:00Z"},
      {"2026-11-20t09:15z x", "2026-11-20T09:15:00Z then ' x'"},
      {"2026-11-20T09:15+01:00", "2026-11-20T08:15:00Z"},
      {"2026-11-20T09:15-0530", "2026-11-20T14:45:00Z"},
      {"2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z"},
      {"2000-02-29T00:00:00Z", "2000-02-29T00:00:00Z"},
      {"1971-01-01T00:00:00Z", "1971-01-01T00:00:00Z"},
      {"2261-12-31T23:59:59.999999999Z", "2261-12-31T23:59:59.999999999Z"},
      // Zones.
      {"2026-11-20T09:15:39+01:00", "2026-11-20T08:15:39Z"},
      {"2026-11-20T09:15:39.5-0530", "2026-11-20T14:45:39.5Z"},
      {"2026-11-20T09:15:39+01", "2026-11-20T08:15:39Z"},
      {"2026-11-20 09:15:39 +0100 x", "2026-11-20T08:15:39Z then ' x'"},
      {"2026-11-20 09:15:39 -08:00", "2026-11-20T17:15:39Z"},
      {"2026-11-20 09:15:39.123 UTC [7]", "2026-11-20T09:15:39.123Z then ' [7]'"},
      {"2026-11-20 09:15:39 CEST", "2026-11-20T07:15:39Z"},
      {"2026-11-20 09:15:39 PST", "2026-11-20T17:15:39Z"},
      {"2026-11-20 09:15:39 BRT", "2026-11-20T09:15:39Z then ' BRT'"},
      {"2026-11-20 09:15:39 ERROR x", "2026-11-20T09:15:39Z then ' ERROR x'"},
      {"2026-11-20 09:15:39 ESTIMATE", "2026-11-20T09:15:39Z then ' ESTIMATE'"},
      {"2026-11-20 09:15:39 - main - x", "2026-11-20T09:15:39Z then ' - main - x'"},
      {"2026-11-20 09:15:39 -1 left", "2026-11-20T09:15:39Z then ' -1 left'"},
      {"2026-11-20 09:15:39 +12 left", "2026-11-20T09:15:39Z then ' +12 left'"},
      {"2026-11-20 09:15:39, then", "2026-11-20T09:15:39Z then ', then'"},
      {"2026-11-20 09:15:39.", "2026-11-20T09:15:39Z then '.'"},
      {"2026-11-20T09:15:39+19:00", "2026-11-20T09:15:39Z then '+19:00'"},
      {"2026-11-20T09:15:39+", "2026-11-20T09:15:39Z then '+'"},
      // Day first.
      {"20/Nov/2026:09:15:39 +0000", "2026-11-20T09:15:39Z"},
      {"20/Nov/2026:09:15:39 -0700] \"GET", "2026-11-20T16:15:39Z then '] \"GET'"},
      {"20-Nov-2026 09:15:39.123", "2026-11-20T09:15:39.123Z"},
      {"20-Nov-2026 09:15:39 UTC", "2026-11-20T09:15:39Z"},
      {"20 Nov 2026 09:15:39.123 * Ready", "2026-11-20T09:15:39.123Z then ' * Ready'"},
      {"4 Mar 2026 05:06:07", "2026-03-04T05:06:07Z"},
      {"4 Mar 2026 05:06:07.5 +0100 x", "2026-03-04T04:06:07.5Z then ' x'"},
      // Names first.
      {"Nov 20 09:15:39 host", "2026-11-20T09:15:39Z then ' host'"},
      {"Nov  2 09:15:39 host", "2026-11-02T09:15:39Z then ' host'"},
      {"Nov 02 09:15:39", "2026-11-02T09:15:39Z"},
      {"Nov 20 09:15:39.123456", "2026-11-20T09:15:39.123456Z"},
      {"Nov 20 2026 09:15:39: %ASA", "2026-11-20T09:15:39Z then ': %ASA'"},
      {"Nov 20, 2026 9:15:39 AM com.x", "2026-11-20T09:15:39Z then ' com.x'"},
      {"Nov 20, 2026 12:15:39 AM", "2026-11-20T00:15:39Z"},
      {"Nov 20, 2026 12:15:39 PM", "2026-11-20T12:15:39Z"},
      {"Nov 20, 2026 11:15:39 PM", "2026-11-20T23:15:39Z"},
      {"Fri Nov 20 09:15:39 2026", "2026-11-20T09:15:39Z"},
      {"Fri Nov 20 09:15:39.123456 2026]", "2026-11-20T09:15:39.123456Z then ']'"},
      {"Fri, 20 Nov 2026 09:15:39 GMT", "2026-11-20T09:15:39Z"},
      {"Wed, 4 Mar 2026 05:06:07 GMT", "2026-03-04T05:06:07Z"},
      {"Wed, 4 Mar 2026 05:06:07", "2026-03-04T05:06:07Z"},
      // date(1), Java: the zone before the year.
      {"Fri Nov 20 09:15:39 UTC 2026", "2026-11-20T09:15:39Z"},
      {"Fri Nov 20 09:15:39.5 CET 2026: x", "2026-11-20T08:15:39.5Z then ': x'"},
      {"Fri Nov  2 09:15:39 PDT 2026", "2026-11-02T16:15:39Z"},
      {"Fri Nov 20 09:15:39 +0530 2026", "2026-11-20T03:45:39Z"},
      {"Fri Nov 20 09:15:39 -03 2026", "2026-11-20T12:15:39Z"},
      {"Fri Nov 20 09:15:39 PM UTC 2026", "2026-11-20T21:15:39Z"},
      {"Fri Nov 20 09:15:39 BRT 2026 x", "2026-11-20T09:15:39Z then ' x'"},
      // Points, the day first.
      {"20.11.2026 09:15:39", "2026-11-20T09:15:39Z"},
      {"20.11.2026, 09:15:39,123 x", "2026-11-20T09:15:39.123Z then ' x'"},
      {"01.05.2026 09:15:39 CEST", "2026-05-01T07:15:39Z"},
      // log4j's short year.
      {"26/11/20 09:15:39", "2026-11-20T09:15:39Z"},
      {"26/11/20 09:15:39 INFO", "2026-11-20T09:15:39Z then ' INFO'"},
      {"99/12/31 23:59:59.5", "1999-12-31T23:59:59.5Z"},
      // ISO 8601's basic form.
      {"20261120T091539Z", "2026-11-20T09:15:39Z"},
      {"20261120T091539", "2026-11-20T09:15:39Z"},
      {"20261120T091539.123+0100 x", "2026-11-20T08:15:39.123Z then ' x'"},
      {"20261120t091539,5-05", "2026-11-20T14:15:39.5Z"},
      // Slashes, the year last: a number above 12 is the day; with AM or PM the month comes first.
      {"11/20/2026 09:15:39", "2026-11-20T09:15:39Z"},
      {"20/11/2026 09:15:39", "2026-11-20T09:15:39Z"},
      {"11/11/2026 09:15:39", "2026-11-11T09:15:39Z"},
      {"11/20/2026 12:00:00 PM", "2026-11-20T12:00:00Z"},
      {"11/20/2026, 9:15:39 PM UTC", "2026-11-20T21:15:39Z"},
      {"1/5/2026 9:15:39 AM [x]", "2026-01-05T09:15:39Z then ' [x]'"},
      {"01/05/2026 09:15:39 PM", "2026-01-05T21:15:39Z"},
      {"20/11/2026 09:15:39 PM", "2026-11-20T21:15:39Z"},
      {"1/20/2026 09:15:39.25", "2026-01-20T09:15:39.25Z"},
      // Numbers.
      {"1795166139", "2026-11-20T09:15:39Z"},
      {"1795166139.25", "2026-11-20T09:15:39.25Z"},
      {"1795166139.123456789", "2026-11-20T09:15:39.123456789Z"},
      {"1795166139123", "2026-11-20T09:15:39.123Z"},
      {"1795166139123.5", "2026-11-20T09:15:39.1235Z"},
      {"1795166139123456", "2026-11-20T09:15:39.123456Z"},
      {"1795166139123456789", "2026-11-20T09:15:39.123456789Z"},
      {"100000000", "1973-03-03T09:46:40Z"},
  };
  for (const Row& row : kRows) EXPECT_EQ(Found(row.text), row.found) << row.text;
}

TEST(TimestampTest, RefusesWhatIsNoTime) {
  constexpr std::string_view kTexts[] = {
      "",
      "2026",
      "2026-11-20",
      "2026-11-20T09:15",
      "2026-11-20T09:15:3",
      "2026-13-20T09:15:39Z",
      "2026-00-20T09:15:39Z",
      "2026-11-31T09:15:39Z",
      "2026-11-00T09:15:39Z",
      "2025-02-29T09:15:39Z",
      "2100-02-29T09:15:39Z",
      "2026-11-20T24:15:39Z",
      "2026-11-20T09:60:39Z",
      "2026-11-20T09:15:61Z",
      "2026-11-20x09:15:39Z",
      "2026-11/20 09:15:39",
      "2026-11-20T09.15:39Z",
      "2026-11-20T09:15.39Z",
      "2026-1a-20T09:15:39Z",
      "2026-11-20T09:15:39Zebra",
      "2026-11-20T09:15:39x",
      "2026-11-20T09:15:39.5x",
      "1970-12-31T23:59:59Z",
      "0000-01-01T00:00:00Z",
      "2262-01-01T00:00:00Z",
      "9999-12-31T23:59:59Z",
      "32/Nov/2026:09:15:39 +0000",
      "20/Nix/2026:09:15:39 +0000",
      "20/Nov-2026:09:15:39 +0000",
      "20/Nov/2026:09:65:39 +0000",
      "20/Nov/2026:09:1x:39 +0000",
      "0 Mar 2026 05:06:07",
      "4 Mar 2026 05:06:0",
      "4 Mar 2026 05:0x:07",
      "4 Mar 2026 05:06:07x",
      "4 Mar 2026 05:06:61",
      "x Mar 2026 05:06:07",
      "Wed, 4 Mar 2026 05:06:0",
      "1/5/2026 09:15:39",  // the fifth of January, or the first of May
      "01/05/2026 21:15:39",
      "11/31/2026 09:15:39",
      "13/13/2026 09:15:39",
      "0/20/2026 09:15:39",
      "11/20/26 09:15:39",
      "11/20/2026",
      "11/20/2026 ",
      "11/20/2026x09:15:39",
      "111/20/2026 09:15:39",
      "1/",
      "20261320T091539Z",
      "20261120T241539Z",
      "20261120T0915",
      "20261120T091539x",
      "20261120X091539",
      "Nov 31 09:15:39",
      "Nov 2x 09:15:39",
      "Nov 20 9:15:39",
      "Nov 20 09:15",
      "Nov 20, 2026 13:15:39 PM",
      "Nov 20, 2026 9:15:39 XM",
      "Nox 20 09:15:39",
      "Fri Nov 20 09:15:39",
      "Fri Nov 31 09:15:39 2026",
      "Fri Nov 20 09:15:39 UTC",
      "Fri Nov 20 09:15:39 SUMMER 2026",
      "Fri Nov 20 09:15:39 utc 2026",
      "2026-11-20 09:15Z",
      "2026-11-20T09:15 +01:00",
      "2026-11-20T09:15x",
      "2026-11-31T09:15Z",
      "20.13.2026 09:15:39",
      "31.11.2026 09:15:39",
      "20.11.2026",
      "20.11.2026x09:15:39",
      "20.11/2026 09:15:39",
      "1.11.2026 09:15:39",
      "26/11/31 09:15:39",
      "26/11/20 25:15:39",
      "26/11-20 09:15:39",
      "Fri, 20 Nox 2026 09:15:39 GMT",
      "No time at all here",
      "12345678",
      "99999999",
      "10000000000",
      "9999999999",
      "99999999999999999999",
      "123456789012345678901234567890",
      "1795166139x",
      "-1795166139",
  };
  for (std::string_view text : kTexts) EXPECT_EQ(Found(text), "-") << text;
}

TEST(TimestampTest, ReadsKlogsLayoutWithAndWithoutYear) {
  TimeReader times;
  times.set_now(kTestNow);
  uint64_t time = 0;
  EXPECT_EQ(times.ReadKlog("1120 09:15:39.123456       1 main.go:12]", &time), 20);
  EXPECT_EQ(ShowTime(time), "2026-11-20T09:15:39.123456Z");
  EXPECT_EQ(times.ReadKlog("20251120 09:15:39.123456 1 main.cc:12]", &time), 24);
  EXPECT_EQ(ShowTime(time), "2025-11-20T09:15:39.123456Z");
  for (std::string_view bad : {"1120", "1320 09:15:39.1", "1131 09:15:39.1", "1120 25:15:39.1", "1120x09:15:39.1",
                               "20251320 09:15:39.1", "2025112009:15:39.1", "1120 09:15:39x"}) {
    EXPECT_EQ(times.ReadKlog(bad, &time), 0) << bad;
  }
}

int64_t Nanos(std::string_view rfc3339) {
  absl::Time time;
  std::string error;
  EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full, ToAbsl(rfc3339), &time, &error)) << error;
  return absl::ToUnixNanos(time);
}

TEST(TimestampTest, TakesTheLatestYearThatIsNotAhead) {
  struct YearRow {
    std::string_view text;
    std::string_view now;
    std::string_view found;
  };
  constexpr YearRow kRows[] = {
      {"Nov 20 09:15:39", "2026-11-20T09:15:40Z", "2026-11-20T09:15:39Z"},
      // Read in January, written in December.
      {"Dec 31 23:59:59", "2027-01-01T00:00:01Z", "2026-12-31T23:59:59Z"},
      // Zones ahead of UTC, and clocks: up to a day.
      {"Jan  1 00:00:01", "2026-12-31T23:00:00Z", "2027-01-01T00:00:01Z"},
      {"Nov 21 09:15:39", "2026-11-20T09:15:40Z", "2026-11-21T09:15:39Z"},
      {"Nov 21 09:15:41", "2026-11-20T09:15:40Z", "2025-11-21T09:15:41Z"},
      {"Nov 22 09:15:39", "2026-11-20T09:15:40Z", "2025-11-22T09:15:39Z"},
      // Leap days.
      {"Feb 29 10:00:00", "2026-11-20T09:15:40Z", "2024-02-29T10:00:00Z"},
      {"Feb 29 10:00:00", "2024-02-28T11:00:00Z", "2024-02-29T10:00:00Z"},
      {"Feb 29 10:00:00", "2104-02-28T09:00:00Z", "2096-02-29T10:00:00Z"},
  };
  for (const YearRow& row : kRows) EXPECT_EQ(Found(row.text, Nanos(row.now)), row.found) << row.text << " " << row.now;
}

// Of times without a zone only; the clocks are set forward on 29 March and back on 25 October.
TEST(TimestampTest, ReadsTimesWithoutAZoneInTheSourcesZone) {
  const auto berlin = *ZoneOffsets::Load("Europe/Berlin");
  constexpr Row kRows[] = {
      {"2026-11-20 09:15:39.123", "2026-11-20T08:15:39.123Z"},
      {"2026-07-20  09:15:39", "2026-07-20T07:15:39Z"},
      {"2026-07-20 09:15:39 BRT", "2026-07-20T07:15:39Z then ' BRT'"},
      {"20-Jul-2026 09:15:39", "2026-07-20T07:15:39Z"},
      {"Jul 20 09:15:39 host", "2026-07-20T07:15:39Z then ' host'"},
      {"Jul 20, 2026 9:15:39 AM", "2026-07-20T07:15:39Z"},
      {"Mon Jul 20 09:15:39 2026", "2026-07-20T07:15:39Z"},
      {"Mon Jul 20 09:15:39 BRT 2026", "2026-07-20T07:15:39Z"},
      {"20260720T091539", "2026-07-20T07:15:39Z"},
      {"7/20/2026 09:15:39", "2026-07-20T07:15:39Z"},
      {"20.07.2026 09:15:39", "2026-07-20T07:15:39Z"},
      {"26/07/20 09:15:39", "2026-07-20T07:15:39Z"},
      {"2026-03-29 01:59:59", "2026-03-29T00:59:59Z"},
      {"2026-03-29 02:30:00", "2026-03-29T01:30:00Z"},
      {"2026-03-29 03:00:00", "2026-03-29T01:00:00Z"},
      {"2026-10-25 02:30:00", "2026-10-25T00:30:00Z"},
      {"2026-10-25 03:00:00", "2026-10-25T02:00:00Z"},
      // These say it.
      {"2026-07-20 09:15:39Z", "2026-07-20T09:15:39Z"},
      {"2026-07-20T09:15Z", "2026-07-20T09:15:00Z"},
      {"2026-07-20 09:15:39 +0000", "2026-07-20T09:15:39Z"},
      {"Mon Jul 20 09:15:39 UTC 2026", "2026-07-20T09:15:39Z"},
      {"20/Jul/2026:09:15:39 +0000", "2026-07-20T09:15:39Z"},
      {"1795166139", "2026-11-20T09:15:39Z"},
  };
  for (const Row& row : kRows) EXPECT_EQ(Found(row.text, kTestNow, berlin.get()), row.found) << row.text;

  TimeReader times(berlin.get());
  times.set_now(kTestNow);
  uint64_t time = 0;
  EXPECT_EQ(times.ReadKlog("0720 09:15:39.5 1 main.go:12]", &time), 15);
  EXPECT_EQ(ShowTime(time), "2026-07-20T07:15:39.5Z");
}

TEST(TimestampTest, ADayLaterTheClockShowsTheSame) {
  const auto berlin = *ZoneOffsets::Load("Europe/Berlin");
  uint64_t time = 0;
  ASSERT_NE(TimeReader().Read("2026-03-28T01:30:00.5Z", &time), 0);
  EXPECT_EQ(ShowTime(TimeReader().DayAfter(time)), "2026-03-29T01:30:00.5Z");
  EXPECT_EQ(ShowTime(TimeReader(berlin.get()).DayAfter(time)), "2026-03-29T01:30:00.5Z");  // 2:30 is skipped
  EXPECT_EQ(ShowTime(TimeReader(berlin.get()).DayAfter(time + 3'600'000'000'000)), "2026-03-29T01:30:00.5Z");
}

TEST(TimestampTest, TakesTheYearAnewWhenTheClockHasMovedOn) {
  TimeReader times;
  uint64_t time = 0;
  for (std::string_view year : {"2026", "2027", "2028", "2026"}) {
    times.set_now(Nanos(StrCat(year, "-11-20T12:00:00Z")));
    ASSERT_NE(times.Read("Nov 20 09:15:39", &time), 0);
    EXPECT_EQ(ShowTime(time), StrCat(year, "-11-20T09:15:39Z"));
  }
}

// Abseil writes it, we read it.
TEST(TimestampTest, AgreesWithAbseilOnRandomTimes) {
  std::mt19937_64 random(20261120);
  constexpr const char* kLayouts[] = {"%Y-%m-%dT%H:%M:%E*S%Ez",    "%Y-%m-%d %H:%M:%E3S %z", "%Y/%m/%d %H:%M:%E9SZ",
                                      "%d/%b/%Y:%H:%M:%S %z",      "%d-%b-%Y %H:%M:%E6S",    "%a %b %e %H:%M:%E6S %Y",
                                      "%a, %d %b %Y %H:%M:%S GMT", "%b %e %Y %H:%M:%E*S"};
  TimeReader times;
  int64_t seconds = 0;
  for (int i = 0; i < 100'000; ++i) {
    const char* const layout = kLayouts[random() % std::size(kLayouts)];
    const std::string_view name(layout);
    const bool zoned = name.find('z') != name.npos;
    const absl::TimeZone zone =
        zoned ? absl::FixedTimeZone((static_cast<int>(random() % 24) - 12) * 3600) : absl::UTCTimeZone();
    // Seconds in runs, so that the reader's memory is used; nanoseconds anywhere.
    if (i % 5 == 0) seconds = 31'622'400 + static_cast<int64_t>(random() % 9'000'000'000);
    const int64_t nanos = (seconds + i % 5) * 1'000'000'000 + static_cast<int64_t>(random() % 1'000'000'000);
    const std::string text = absl::FormatTime(layout, absl::FromUnixNanos(nanos), zone);
    absl::Time expected;
    std::string error;
    ASSERT_TRUE(absl::ParseTime(layout, text, absl::UTCTimeZone(), &expected, &error)) << text << ": " << error;
    uint64_t time = 0;
    ASSERT_EQ(times.Read(text, &time), text.size()) << text;
    ASSERT_EQ(ShowTime(time), ShowTime(static_cast<uint64_t>(absl::ToUnixNanos(expected)))) << text;
  }
}

size_t ReadAs(int layout, TimeReader* times, std::string_view text, uint64_t* time) {
  switch (layout) {
    case 0:
      return times->ReadYearFirst(text, time);
    case 1:
      return times->ReadDayFirst(text, time);
    case 2:
      return times->ReadNameFirst(text, time);
    case 3:
      return times->ReadKlog(text, time);
    default:
      return times->Read(text, time);
  }
}

// A reader that has read anything before reads like a new one.
TEST(TimestampTest, MemoryNeverChangesAResult) {
  std::mt19937_64 random(7);
  std::string texts[] = {"2026-11-20T09:15:39.123Z", "2026-11-20 09:155:39.123",   "20/Nov/2026:09:1:39 +0000",
                         "2026-11-20 09:15:39",      "20/Nov/2026:09:15:39 +0000", "Nov 20 09:15:39 host",
                         "Nov 20 2026 09:15:39",     "Fri Nov 20 09:15:39 2026",   "20 Nov 2026 09:15:39.123 * x",
                         std::string(24, '\0'),      std::string(24, '\xff'),      "1795166139.5",
                         "2026-11-20  09:15:39 zz",  "1120 09:15:39.123456 1",     "2026-11-20T09:15Z",
                         "20.11.2026 09:15:39",      "26/11/20 09:15:39",          "Fri Nov 20 09:15:39 UTC 2026"};
  TimeReader old;
  for (int i = 0; i < 300'000; ++i) {
    std::string& text = texts[random() % std::size(texts)];
    // Mostly digits of the date or the clock change, now and then any byte.
    char& byte = text[random() % text.size()];
    const char before = byte;
    byte = random() % 4 == 0 ? static_cast<char>(random()) : static_cast<char>('0' + random() % 10);
    const int64_t now = kTestNow + static_cast<int64_t>(random() % 8) * 86'400'000'000'000 * 60;
    TimeReader fresh;
    fresh.set_now(now);
    old.set_now(now);
    uint64_t fresh_time = 0;
    uint64_t old_time = 0;
    const int layout = static_cast<int>(random() % 5);
    const size_t fresh_size = ReadAs(layout, &fresh, text, &fresh_time);
    const size_t old_size = ReadAs(layout, &old, text, &old_time);
    ASSERT_EQ(old_size, fresh_size) << text;
    ASSERT_EQ(old_time, fresh_time) << text;
    if (fresh_size == 0) byte = before;
  }
}

}  // namespace
}  // namespace sluice::agent
