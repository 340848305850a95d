#include "agent/tail/rotation_name.h"

#include <cstdint>
#include <limits>
#include <string_view>

#include "base/file_system.h"

namespace sluice::agent {
namespace {

constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kCountOrDate = "0123456789-_.:T";
// A number of more digits is a date.
constexpr size_t kCountDigitsMax = 5;

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
  result.stem = name;
  size_t last = name.find_last_not_of(kCountOrDate);
  if (last == std::string_view::npos) return result;
  std::string_view suffix = name.substr(last + 1);
  size_t digits = 0;
  uint64_t number = 0;
  for (char c : suffix) {
    if (kDigits.find(c) == std::string_view::npos) continue;
    ++digits;
    number = number * 10 + static_cast<uint64_t>(c - '0');
  }
  if (digits == 0) return result;
  result.stem = name.substr(0, last + 1);
  result.age = digits <= kCountDigitsMax ? number : std::numeric_limits<uint64_t>::max() - number;
  return result;
}

}  // namespace sluice::agent
