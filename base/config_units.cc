// Sizes and durations as people write them.
#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/time/time.h"
#include "base/config.h"
#include "base/config_mapping.h"
#include "base/status.h"
#include "base/strings.h"
#include "base/text.h"

namespace sluice {
namespace {

struct ByteUnit {
  std::string_view name;
  uint64_t bytes;
};

// Largest first; BytesToText uses those of 1024.
constexpr ByteUnit kBinaryUnits[] = {
    {"PiB", uint64_t{1} << 50}, {"TiB", uint64_t{1} << 40}, {"GiB", uint64_t{1} << 30},
    {"MiB", uint64_t{1} << 20}, {"KiB", uint64_t{1} << 10}, {"B", 1},
};
constexpr ByteUnit kDecimalUnits[] = {
    {"PB", 1'000'000'000'000'000}, {"TB", 1'000'000'000'000}, {"GB", 1'000'000'000}, {"MB", 1'000'000}, {"KB", 1'000},
};

struct TimeUnit {
  std::string_view name;
  int64_t nanos;
};

constexpr TimeUnit kTimeUnits[] = {
    {"d", 86'400'000'000'000},
    {"h", 3'600'000'000'000},
    {"m", 60'000'000'000},
    {"s", 1'000'000'000},
    {"ms", 1'000'000},
    {"us", 1'000},
    {"ns", 1},
};

// The digits, or the letters, that `text` begins with, taken off it.
template <typename Is>
std::string_view TakeWhile(std::string_view* text, Is is) {
  const auto end = std::find_if_not(text->begin(), text->end(), is);
  const std::string_view taken = text->substr(0, static_cast<size_t>(end - text->begin()));
  text->remove_prefix(taken.size());
  return taken;
}

bool IsDigit(char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); }
bool IsLetter(char c) { return absl::ascii_isalpha(static_cast<unsigned char>(c)); }

// 0 if there is no such unit.
uint64_t ByteUnitOf(std::string_view name) {
  if (name.empty()) return 1;
  for (const ByteUnit& unit : kBinaryUnits) {
    if (absl::EqualsIgnoreCase(ToAbsl(name), ToAbsl(unit.name))) return unit.bytes;
  }
  for (const ByteUnit& unit : kDecimalUnits) {
    if (absl::EqualsIgnoreCase(ToAbsl(name), ToAbsl(unit.name))) return unit.bytes;
  }
  return 0;
}

int64_t TimeUnitOf(std::string_view name) {
  for (const TimeUnit& unit : kTimeUnits) {
    if (name == unit.name) return unit.nanos;
  }
  return 0;
}

}  // namespace

absl::StatusOr<uint64_t> ParseBytes(std::string_view text) {
  std::string_view rest = text;
  uint64_t number = 0;
  const bool is_number = absl::SimpleAtoi(ToAbsl(TakeWhile(&rest, IsDigit)), &number);
  const uint64_t unit = ByteUnitOf(ToStd(absl::StripLeadingAsciiWhitespace(ToAbsl(rest))));
  if (!is_number || unit == 0 || number > std::numeric_limits<uint64_t>::max() / unit) {
    return InvalidArgument("found ", Quoted(text), "; expected ", config_internal::kSize);
  }
  return number * unit;
}

absl::StatusOr<absl::Duration> ParseDuration(std::string_view text) {
  const auto invalid = [text] {
    return InvalidArgument("found ", Quoted(text), "; expected ", config_internal::kDuration);
  };
  if (text.empty()) return invalid();
  absl::Duration sum;
  for (std::string_view rest = text; !rest.empty();) {
    int64_t number = 0;
    if (!absl::SimpleAtoi(ToAbsl(TakeWhile(&rest, IsDigit)), &number)) return invalid();
    const int64_t unit = TimeUnitOf(TakeWhile(&rest, IsLetter));
    if (unit == 0) return invalid();
    sum += number * absl::Nanoseconds(unit);
  }
  // Beyond what code counts in 64 bits of nanoseconds, 292 years.
  if (sum > absl::Nanoseconds(std::numeric_limits<int64_t>::max())) return invalid();
  return sum;
}

std::string BytesToText(uint64_t bytes) {
  for (const ByteUnit& unit : kBinaryUnits) {
    if (bytes >= unit.bytes && bytes % unit.bytes == 0) return StrCat(bytes / unit.bytes, unit.name);
  }
  return "0B";
}

std::string DurationToText(absl::Duration duration) {
  const int64_t nanos = absl::ToInt64Nanoseconds(duration);
  for (const TimeUnit& unit : kTimeUnits) {
    if (nanos >= unit.nanos && nanos % unit.nanos == 0) return StrCat(nanos / unit.nanos, unit.name);
  }
  return "0s";
}

}  // namespace sluice
