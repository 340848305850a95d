#include "consumer/cli/human.h"

#include <array>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace sluice::cli {

std::string HumanCount(uint64_t count) {
  std::string text = absl::StrCat(count);
  for (size_t digits = 3; digits < text.size(); digits += 4) text.insert(text.size() - digits, ",");
  return text;
}

std::string HumanBytes(uint64_t bytes) {
  constexpr std::array<const char*, 6> kUnits = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  if (bytes < 1024) return absl::StrCat(bytes, " B");
  double value = static_cast<double>(bytes) / 1024;
  size_t unit = 0;
  for (; value >= 1023.5 && unit + 1 < kUnits.size(); ++unit) value /= 1024;
  return absl::StrFormat("%.*f %s", value < 9.95 ? 1 : 0, value, kUnits[unit]);
}

std::string HumanDuration(absl::Duration duration) {
  duration = absl::AbsDuration(duration);
  if (duration < absl::Minutes(1)) return absl::StrCat(duration / absl::Seconds(1), "s");
  if (duration < absl::Hours(1)) return absl::StrCat(duration / absl::Minutes(1), "m");
  if (duration < absl::Hours(48)) return absl::StrCat(duration / absl::Hours(1), "h");
  return absl::StrCat(duration / absl::Hours(24), "d");
}

std::string HumanAge(absl::Duration age) {
  const bool future = age < absl::ZeroDuration();
  if (absl::AbsDuration(age) < absl::Seconds(1)) return "now";
  const std::string text = HumanDuration(age);
  return future ? absl::StrCat("in ", text) : absl::StrCat(text, " ago");
}

std::string HumanAge(bool known, const google::protobuf::Timestamp& moment, absl::Time now) {
  if (!known) return "-";
  return HumanAge(now - (absl::FromUnixSeconds(moment.seconds()) + absl::Nanoseconds(moment.nanos())));
}

std::string OrDash(const std::string& text) { return text.empty() ? "-" : text; }

}  // namespace sluice::cli
