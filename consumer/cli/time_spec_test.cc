#include "consumer/cli/time_spec.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::cli {
namespace {

using ::testing::HasSubstr;

// 2026-11-20 11:15:39, two hours east of Greenwich.
TimeContext Context() {
  absl::TimeZone zone = absl::FixedTimeZone(2 * 3600);
  return {.now = absl::FromCivil(absl::CivilSecond(2026, 11, 20, 11, 15, 39), zone), .zone = zone};
}

std::string Utc(absl::Time time) { return absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ", time, absl::UTCTimeZone()); }

TEST(TimeSpecTest, ReadsTheUsualSpellings) {
  const struct {
    const char* text;
    const char* utc;
  } kCases[] = {
      {"5m", "2026-11-20T09:10:39Z"},
      {"1h30m", "2026-11-20T07:45:39Z"},
      {"2d", "2026-11-18T09:15:39Z"},
      {"250ms", "2026-11-20T09:15:38.75Z"},
      {"2026-11-20T09:15:39Z", "2026-11-20T09:15:39Z"},
      {"2026-11-20T09:15:39.123456789Z", "2026-11-20T09:15:39.123456789Z"},
      {"2026-11-20T09:15:39+01:00", "2026-11-20T08:15:39Z"},
      {"2026-11-20T09:15:39", "2026-11-20T07:15:39Z"},
      {"2026-11-20 09:15:39.5", "2026-11-20T07:15:39.5Z"},
      {"2026-11-20 09:15", "2026-11-20T07:15:00Z"},
      {"2026-11-20", "2026-11-19T22:00:00Z"},
      {"09:15", "2026-11-20T07:15:00Z"},
      {"09:15:39", "2026-11-20T07:15:39Z"},
  };
  for (const auto& c : kCases) {
    auto time = ParseMoment(c.text, Context());
    ASSERT_TRUE(time.ok()) << c.text << ": " << time.status();
    EXPECT_EQ(Utc(*time), c.utc) << c.text;
  }
}

TEST(TimeSpecTest, WhatIsNoTimeIsToldWithWhatIsAllowed) {
  for (const char* text : {"", "5", "yesterday", "25:00", "2026-13-01", "2026-11-20T09:15:39Q", "-5m"}) {
    auto time = ParseMoment(text, Context());
    EXPECT_EQ(time.status().code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_THAT(std::string(time.status().message()), HasSubstr("RFC 3339")) << text;
  }
}

TEST(TimeSpecTest, AStartIsAPlaceAMomentOrACursor) {
  EXPECT_TRUE(ParseStart("beginning", Context())->proto().beginning());
  EXPECT_TRUE(ParseStart("end", Context())->proto().end());
  EXPECT_EQ(ParseStart("5m", Context())->proto().time().seconds(), 1795166139 - 300);
  EXPECT_EQ(ParseStart("r1-5f3c-17-4", Context())->proto().cursor(), "r1-5f3c-17-4");
}

TEST(TimeSpecTest, AWordNearAPlaceIsNoCursor) {
  for (const char* text : {"begining", "start", "Beginning", "END"}) {
    auto start = ParseStart(text, Context());
    EXPECT_EQ(start.status().code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_THAT(std::string(start.status().message()), HasSubstr("did you mean")) << text;
  }
  EXPECT_EQ(ParseStart("", Context()).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace sluice::cli
