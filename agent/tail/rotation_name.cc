#include "agent/tail/rotation_name.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "base/file_system.h"
#include "base/strings.h"

namespace sluice::agent {
namespace {

constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kCountOrDate = "0123456789-_.:T";
constexpr std::string_view kSeparators = "-_.";
constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
// A number of more digits is a date.
constexpr size_t kCountDigitsMax = 5;
// Of a date the year, month and day; behind them so many digits of a time, a count, or seconds since the epoch.
constexpr size_t kDateDigits = 8;
constexpr size_t kRestDigits = 10;
constexpr uint64_t kRestValues = 10'000'000'000;

bool IsDigit(char c) { return kDigits.find(c) != std::string_view::npos; }

// Where the number or date begins with which `name` ends; npos if it ends with none, or is nothing else.
size_t AgeBegin(std::string_view name) {
  const size_t last = name.find_last_not_of(kCountOrDate);
  if (last == std::string_view::npos) return last;
  return name.find_first_of(kDigits, last + 1) == std::string_view::npos ? std::string_view::npos : last + 1;
}

uint64_t AgeOf(std::string_view suffix) {
  size_t digits = 0;
  uint64_t first = 0;  // a count, or a date
  uint64_t rest = 0;   // compared if the dates are equal, however many digits it has
  for (char c : suffix) {
    if (!IsDigit(c)) continue;
    uint64_t& number = digits < kDateDigits ? first : rest;
    if (++digits <= kDateDigits + kRestDigits) number = number * 10 + static_cast<uint64_t>(c - '0');
  }
  if (digits <= kCountDigitsMax) return first + 1;  // also the youngest of those that count from 0 is rotated
  return std::numeric_limits<uint64_t>::max() - (first * kRestValues + rest);
}

// Where the extension begins; the name's size if it has none.
size_t ExtensionBegin(std::string_view name) {
  const size_t dot = name.find_last_not_of(kLetters);
  return dot == std::string_view::npos || name[dot] != '.' || dot + 1 == name.size() ? name.size() : dot;
}

}  // namespace

bool SameStem(std::string_view path_a, std::string_view path_b) {
  return ParseRotationName(BaseNameOf(path_a)).stem == ParseRotationName(BaseNameOf(path_b)).stem;
}

bool IsDateAge(uint64_t age) { return age > std::numeric_limits<uint64_t>::max() / 2; }

RotationName ParseRotationName(std::string_view name) {
  for (std::string_view suffix : {".gz", ".zst", ".bz2", ".xz"}) {
    if (name.ends_with(suffix)) name.remove_suffix(suffix.size());
  }
  RotationName result;
  if (const size_t begin = AgeBegin(name); begin != std::string_view::npos) {
    result.stem = name.substr(0, begin);
    result.age = AgeOf(name.substr(begin));
    return result;
  }
  const size_t extension = ExtensionBegin(name);
  const std::string_view base = name.substr(0, extension);
  const size_t begin = extension == name.size() ? std::string_view::npos : AgeBegin(base);
  const bool has_age = begin != std::string_view::npos && kSeparators.find(base[begin]) != std::string_view::npos;
  if (!has_age) {
    result.stem = name;
    return result;
  }
  result.stem = StrCat(base.substr(0, begin), name.substr(extension));
  const std::string_view suffix = base.substr(begin);
  result.age = AgeOf(suffix);
  result.is_doubtful = std::ranges::count_if(suffix, IsDigit) < static_cast<std::ptrdiff_t>(kDateDigits);
  return result;
}

}  // namespace sluice::agent
