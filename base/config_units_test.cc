#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

#include "base/config.h"

namespace sluice {
namespace {

struct BytesCase {
  std::string_view text;
  std::optional<uint64_t> bytes;
};

const BytesCase kBytesCases[] = {
    {"0", 0},
    {"4096", 4096},
    {"1B", 1},
    {"512KiB", 512 << 10},
    {"10GiB", uint64_t{10} << 30},
    {"10 GiB", uint64_t{10} << 30},
    {"10gib", uint64_t{10} << 30},
    {"1MB", 1'000'000},
    {"1kB", 1'000},
    {"2TiB", uint64_t{2} << 40},
    {"1PB", 1'000'000'000'000'000},
    {"18446744073709551615", std::numeric_limits<uint64_t>::max()},
    {"18446744073709551616", std::nullopt},
    {"16384PiB", std::nullopt},  // 2^64
    {"16383PiB", uint64_t{16383} << 50},
    {"", std::nullopt},
    {"GiB", std::nullopt},
    {"-1", std::nullopt},
    {"+1", std::nullopt},
    {" 1", std::nullopt},
    {"1.5GiB", std::nullopt},
    {"1G", std::nullopt},  // 1000 or 1024?
    {"1 GiB ", std::nullopt},
    {"0x10", std::nullopt},
    {"1GiB1MiB", std::nullopt},
};

TEST(ParseBytesTest, TakesSizesWithUnits) {
  for (const BytesCase& c : kBytesCases) {
    const absl::StatusOr<uint64_t> bytes = ParseBytes(c.text);
    EXPECT_EQ(bytes.ok(), c.bytes.has_value()) << c.text;
    if (bytes.ok() && c.bytes) EXPECT_EQ(*bytes, *c.bytes) << c.text;
  }
}

struct DurationCase {
  std::string_view text;
  std::optional<absl::Duration> duration;
};

const DurationCase kDurationCases[] = {
    {"0s", absl::ZeroDuration()},
    {"250ms", absl::Milliseconds(250)},
    {"1s", absl::Seconds(1)},
    {"5m", absl::Minutes(5)},
    {"7d", absl::Hours(7 * 24)},
    {"1h30m", absl::Minutes(90)},
    {"1d12h", absl::Hours(36)},
    {"10us", absl::Microseconds(10)},
    {"10ns", absl::Nanoseconds(10)},
    {"106751d", absl::Hours(24) * 106751},
    {"106752d", std::nullopt},  // beyond 2^63 ns
    {"9223372036854775807d9223372036854775807d", std::nullopt},
    {"99999999999999999999s", std::nullopt},
    {"", std::nullopt},
    {"5", std::nullopt},
    {"s", std::nullopt},
    {"-1s", std::nullopt},
    {"1.5h", std::nullopt},
    {"1 s", std::nullopt},
    {"1S", std::nullopt},
    {"1sec", std::nullopt},
    {"1h30", std::nullopt},
    {"inf", std::nullopt},
};

TEST(ParseDurationTest, TakesDurationsWithUnits) {
  for (const DurationCase& c : kDurationCases) {
    const absl::StatusOr<absl::Duration> duration = ParseDuration(c.text);
    EXPECT_EQ(duration.ok(), c.duration.has_value()) << c.text;
    if (duration.ok() && c.duration) EXPECT_EQ(*duration, *c.duration) << c.text;
  }
}

TEST(ParseBytesTest, ReadsBackWhatIsWritten) {
  for (const uint64_t bytes : {uint64_t{0}, uint64_t{1}, uint64_t{1023}, uint64_t{1} << 10, uint64_t{3} << 29,
                               uint64_t{7} << 50, std::numeric_limits<uint64_t>::max()}) {
    EXPECT_EQ(*ParseBytes(BytesToText(bytes)), bytes) << BytesToText(bytes);
  }
  EXPECT_EQ(BytesToText(uint64_t{10} << 30), "10GiB");
  EXPECT_EQ(BytesToText(uint64_t{3} << 29), "1536MiB");
}

TEST(ParseDurationTest, ReadsBackWhatIsWritten) {
  for (const absl::Duration duration : {absl::ZeroDuration(), absl::Nanoseconds(1), absl::Milliseconds(1500),
                                        absl::Minutes(90), absl::Hours(24), absl::Hours(25)}) {
    EXPECT_EQ(*ParseDuration(DurationToText(duration)), duration) << DurationToText(duration);
  }
  EXPECT_EQ(DurationToText(absl::Minutes(90)), "90m");
  EXPECT_EQ(DurationToText(absl::Hours(7 * 24)), "7d");
}

}  // namespace
}  // namespace sluice
