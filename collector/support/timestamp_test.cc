#include "collector/support/timestamp.h"

#include "gtest/gtest.h"

namespace sluice::collector {
namespace {

TEST(TimestampTest, GoesThereAndBack) {
  for (int64_t nanos : {int64_t{0}, int64_t{1}, int64_t{999'999'999}, int64_t{1'700'000'000'123'456'789}}) {
    auto back = FromTimestamp(ToTimestamp(nanos));
    ASSERT_TRUE(back.ok());
    EXPECT_EQ(*back, nanos);
  }
}

TEST(TimestampTest, HasNanosOfZeroOrMoreAlsoBefore1970) {
  EXPECT_EQ(ToTimestamp(-1).seconds(), -1);
  EXPECT_EQ(ToTimestamp(-1).nanos(), 999'999'999);
}

TEST(TimestampTest, EndsAtWhatSixtyFourBitsHold) {
  google::protobuf::Timestamp timestamp;
  timestamp.set_seconds(253'402'300'799);
  auto nanos = FromTimestamp(timestamp);
  ASSERT_TRUE(nanos.ok());
  EXPECT_EQ(*nanos, INT64_MAX);
}

TEST(TimestampTest, RefusesWhatIsOutOfRange) {
  struct {
    int64_t seconds;
    int32_t nanos;
  } const cases[] = {{-1, 0}, {0, -1}, {0, 1'000'000'000}, {int64_t{1} << 40, 0}, {INT64_MAX, 0}, {INT64_MIN, 0}};
  for (const auto& c : cases) {
    google::protobuf::Timestamp timestamp;
    timestamp.set_seconds(c.seconds);
    timestamp.set_nanos(c.nanos);
    EXPECT_EQ(FromTimestamp(timestamp).status().code(), absl::StatusCode::kInvalidArgument) << c.seconds;
  }
}

}  // namespace
}  // namespace sluice::collector
