#include "consumer/generate/timestamp.h"

#include "absl/time/time.h"

namespace sluice::generate {
namespace {

constexpr int64_t kNanosPerSecond = 1'000'000'000;

}  // namespace

const std::string& Timestamp::Second(int64_t unix_nanos) {
  int64_t second = unix_nanos / kNanosPerSecond;
  if (second != second_) {
    second_ = second;
    text_ = absl::FormatTime(format_, absl::FromUnixSeconds(second), absl::UTCTimeZone());
  }
  return text_;
}

void Timestamp::AppendWithFraction(int64_t unix_nanos, int digits, std::string* out) {
  *out += Second(unix_nanos);
  *out += '.';
  int64_t rest = unix_nanos % kNanosPerSecond;
  int64_t unit = kNanosPerSecond / 10;
  for (int i = 0; i < digits; ++i, unit /= 10) *out += static_cast<char>('0' + rest / unit % 10);
}

}  // namespace sluice::generate
