#include "agent/parse/zone_offsets.h"

#include <random>
#include <string>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "base/status.h"
#include "base/strings.h"
#include "base/test_seed.h"
#include "gtest/gtest.h"

namespace sluice::agent {
namespace {

int64_t Local(const absl::CivilSecond& clock) { return clock - absl::CivilSecond(); }

std::shared_ptr<const ZoneOffsets> Load(const std::string& name) {
  absl::StatusOr<std::shared_ptr<const ZoneOffsets>> zone = ZoneOffsets::Load(name);
  EXPECT_TRUE(zone.ok()) << zone.status();
  return *zone;
}

TEST(ZoneOffsetsTest, FollowsTheClocks) {
  const auto berlin = Load("Europe/Berlin");
  const auto utc = [&](const absl::CivilSecond& clock) {
    return absl::FormatTime("%Y-%m-%dT%H:%M:%S", absl::FromUnixSeconds(berlin->ToUtc(Local(clock))),
                            absl::UTCTimeZone());
  };
  EXPECT_EQ(utc(absl::CivilSecond(2026, 1, 20, 9, 15, 39)), "2026-01-20T08:15:39");
  EXPECT_EQ(utc(absl::CivilSecond(2026, 7, 20, 9, 15, 39)), "2026-07-20T07:15:39");
  // Set forward on 29 March at 2:00.
  EXPECT_EQ(utc(absl::CivilSecond(2026, 3, 29, 1, 59, 59)), "2026-03-29T00:59:59");
  EXPECT_EQ(utc(absl::CivilSecond(2026, 3, 29, 2, 30, 0)), "2026-03-29T01:30:00");
  EXPECT_EQ(utc(absl::CivilSecond(2026, 3, 29, 3, 0, 0)), "2026-03-29T01:00:00");
  // Set back on 25 October at 3:00.
  EXPECT_EQ(utc(absl::CivilSecond(2026, 10, 25, 2, 30, 0)), "2026-10-25T00:30:00");
  EXPECT_EQ(utc(absl::CivilSecond(2026, 10, 25, 3, 0, 0)), "2026-10-25T02:00:00");
}

TEST(ZoneOffsetsTest, AgreesWithAbseil) {
  const uint64_t seed = TestSeed();
  SCOPED_TRACE(StrCat("SLUICE_SEED=", seed));
  std::mt19937_64 random(seed);
  for (const char* name : {"Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe",
                           "America/Sao_Paulo", "Pacific/Apia", "Etc/GMT+5", "UTC"}) {
    const auto zone = Load(name);
    absl::TimeZone oracle;
    ASSERT_TRUE(absl::LoadTimeZone(name, &oracle));
    int64_t seconds = 0;
    for (int i = 0; i < 20'000; ++i) {
      constexpr int64_t kEnd = 9'214'646'400;  // 2262
      seconds = i % 3 == 0 ? static_cast<int64_t>(random() % kEnd) : seconds + static_cast<int64_t>(random() % 7200);
      const absl::CivilSecond clock = absl::CivilSecond() + seconds;
      ASSERT_EQ(zone->ToUtc(seconds), absl::ToUnixSeconds(oracle.At(clock).pre))
          << name << " " << absl::FormatCivilTime(clock);
      ASSERT_EQ(zone->ToLocal(seconds), seconds + oracle.At(absl::FromUnixSeconds(seconds)).offset)
          << name << " " << seconds;
    }
  }
}

TEST(ZoneOffsetsTest, KnowsOnlyNames) {
  for (const char* name : {"", "Europe/Berlim", "CEST", "/etc/localtime", "../zoneinfo/UTC", "+01:00"}) {
    EXPECT_EQ(ZoneOffsets::Check(name), ZoneOffsets::Load(name).status());
    EXPECT_EQ(MessageOf(ZoneOffsets::Check(name)),
              StrCat("found \"", name,
                     "\"; it is no time zone that this host knows (package tzdata), such as Europe/Berlin"));
  }
}

}  // namespace
}  // namespace sluice::agent
