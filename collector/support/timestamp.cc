#include "collector/support/timestamp.h"

#include <limits>

#include "base/status.h"
#include "base/strings.h"

namespace sluice::collector {
namespace {

constexpr int64_t kNanosPerSecond = 1'000'000'000;
// The end of the year 9999, where google.protobuf.Timestamp ends.
constexpr int64_t kSecondsMax = 253'402'300'799;

}  // namespace

google::protobuf::Timestamp ToTimestamp(int64_t unix_nanos) {
  google::protobuf::Timestamp timestamp;
  int64_t seconds = unix_nanos / kNanosPerSecond;
  int64_t nanos = unix_nanos % kNanosPerSecond;
  if (nanos < 0) {
    --seconds;
    nanos += kNanosPerSecond;
  }
  timestamp.set_seconds(seconds);
  timestamp.set_nanos(static_cast<int32_t>(nanos));
  return timestamp;
}

absl::StatusOr<int64_t> FromTimestamp(const google::protobuf::Timestamp& timestamp) {
  if (timestamp.nanos() < 0 || timestamp.nanos() >= kNanosPerSecond) {
    return InvalidArgument("nanos is ", timestamp.nanos(), ": allowed are 0 to ", kNanosPerSecond - 1);
  }
  if (timestamp.seconds() < 0 || timestamp.seconds() > kSecondsMax) {
    return InvalidArgument("seconds is ", timestamp.seconds(), ": allowed are 0 (1970) to ", kSecondsMax, " (9999)");
  }
  if (timestamp.seconds() >= std::numeric_limits<int64_t>::max() / kNanosPerSecond) {
    return std::numeric_limits<int64_t>::max();
  }
  return timestamp.seconds() * kNanosPerSecond + timestamp.nanos();
}

}  // namespace sluice::collector
