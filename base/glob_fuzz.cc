// Input: a line with the pattern, then the text. Whatever compiles must agree with the oracle, where that is fast.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/glob.h"
#include "base/glob_oracle.h"

namespace {

constexpr size_t kOracleBytesMax = 12;

bool IsAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

void Check(std::string_view pattern, std::string_view text, bool path) {
  const absl::StatusOr<sluice::Glob> glob =
      sluice::Glob::Compile(pattern, path ? sluice::Glob::Kind::kPath : sluice::Glob::Kind::kTopic);
  if (!glob.ok()) return;
  const bool matches = glob->Matches(text);
  if (pattern.size() > kOracleBytesMax || text.size() > kOracleBytesMax || !IsAscii(pattern) || !IsAscii(text)) return;
  if (matches != sluice::OracleMatches(pattern, text, path)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const size_t newline = std::min(input.find('\n'), input.size());
  const std::string_view text = input.substr(std::min(newline + 1, input.size()));
  Check(input.substr(0, newline), text, /*path=*/true);
  Check(input.substr(0, newline), text, /*path=*/false);
  return 0;
}
