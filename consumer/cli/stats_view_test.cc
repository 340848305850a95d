#include "consumer/cli/stats_view.h"

#include <deque>
#include <string>

#include "base/strings.h"
#include "consumer/cli/access_stats.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr char kRecord[] =
    R"({"kind":"access","from":"2026-11-20T09:15:30Z","to":"2026-11-20T09:15:40Z","interval_seconds":10,)"
    R"("hits":12345,"hits_per_second":1234.5,"bytes":123456789,"status":{"2xx":12000,"4xx":293,"5xx":52},)"
    R"("methods":{"GET":12000,"POST":345},"unique_clients":1203,"error_rate":0.00421,)"
    R"("latency_seconds":{"count":12345,"p50":0.0123,"p90":0.12,"p99":1.254,"max":3.2},)"
    R"("malformed":2,"late":0,"ahead":0,"sections":[{"section":"/pages","hits":6000,"bytes":1000000,"errors":0},)"
    R"({"section":"/api","hits":40,"hits_error":3,"bytes":20,"errors":20}]})";

std::string Show(const std::deque<AccessStats>& history, StatsLook look = {}) {
  look.zone = absl::UTCTimeZone();
  return StatsText(history, history.back().to + absl::Seconds(4), look);
}

TEST(StatsViewTest, ShowsTheLastInterval) {
  const std::optional<AccessStats> stats = ParseAccessStats(kRecord);
  ASSERT_TRUE(stats.has_value());
  EXPECT_EQ(Show({*stats}),
            "Access logs  2026-11-20 09:15:30 – 09:15:40  (10s, ended 4s ago)\n"
            "\n"
            "1,235 hits/s   12 MiB/s sent   1,203 clients   errors 0.4 %   p50 12.3 ms   p90 120 ms   p99 1.25 s\n"
            "█  peak 1,235 hits/s\n"
            "2xx 12,000   4xx 293   5xx 52   GET 12,000   POST 345\n"
            "\n"
            "SECTION   HITS  HITS/S      SENT  ERRORS   SHARE  \n"
            "/pages   6,000     600  98 KiB/s   0.0 %  48.6 %  ████████████████████████\n"
            "/api      ≤ 40     4.0     2 B/s  50.0 %   0.3 %  ▏\n"
            "2 malformed\n");
}

TEST(StatsViewTest, DrawsTheWayToIt) {
  std::deque<AccessStats> history;
  for (int i = 0; i < 6; ++i) {
    AccessStats stats = *ParseAccessStats(kRecord);
    stats.from += absl::Seconds(10 * i);
    stats.to += absl::Seconds(10 * i);
    stats.hits_per_second = i * 100;
    if (i != 3) history.push_back(stats);
  }
  EXPECT_THAT(Show(history), HasSubstr("\n▁▂▄ ▇█  peak 500 hits/s\n"));
}

TEST(StatsViewTest, ColoursAndFitsATerminal) {
  const std::deque<AccessStats> history = {*ParseAccessStats(kRecord)};
  const std::string text = Show(history, {.color = true, .width = 20, .height = 10});
  EXPECT_THAT(text, HasSubstr("\x1b["));
  EXPECT_THAT(text, HasSubstr("/pages"));
  EXPECT_THAT(Show(history, {.width = 20, .height = 5}), Not(HasSubstr("/api")));
  EXPECT_THAT(Show(history), Not(HasSubstr("\x1b")));
}

TEST(StatsViewTest, ShowsAnIntervalOfNothing) {
  AccessStats stats =
      *ParseAccessStats(R"({"kind":"access","from":"2026-11-20T09:15:30Z","to":"2026-11-20T09:15:40Z"})");
  EXPECT_THAT(Show({stats}), HasSubstr("0.0 hits/s"));
  EXPECT_THAT(Show({stats}), Not(HasSubstr("nan")));
}

TEST(StatsViewTest, LeavesOtherRecordsAlone) {
  for (const char* json : {"", "{", "[]", "{}", R"({"kind":"other"})", R"({"kind":"access","from":"x","to":"y"})",
                           R"({"kind":"access","from":"2026-11-20T09:15:30Z","to":"2026-11-20T09:15:30Z"})"}) {
    EXPECT_FALSE(ParseAccessStats(json).has_value()) << json;
  }
}

}  // namespace
}  // namespace sluice::cli
