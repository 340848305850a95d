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

std::string HumanAge(absl::Duration age) {
  const bool future = age < absl::ZeroDuration();
  age = absl::AbsDuration(age);
  if (age < absl::Seconds(1)) return "now";
  std::string text = age < absl::Minutes(1)  ? absl::StrCat(age / absl::Seconds(1), "s")
                     : age < absl::Hours(1)  ? absl::StrCat(age / absl::Minutes(1), "m")
                     : age < absl::Hours(48) ? absl::StrCat(age / absl::Hours(1), "h")
                                             : absl::StrCat(age / absl::Hours(24), "d");
  return future ? absl::StrCat("in ", text) : absl::StrCat(text, " ago");
}

}  // namespace sluice::cli
