#include "consumer/cli/json_text.h"

#include <array>

#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "base/text.h"

namespace sluice::cli {
namespace {

// Bytes that need a look: those that JSON must escape, and those that may begin a character that a terminal executes.
constexpr std::array<bool, 256> kSpecial = [] {
  std::array<bool, 256> special{};
  for (int c = 0; c < 0x20; ++c) special[c] = true;
  special['"'] = special['\\'] = special[0x7f] = true;
  special[0xc2] = true;  // U+0080 to U+00BF
  special[0xe2] = true;  // U+2000 to U+2FFF
  return special;
}();

bool IsHarmful(char32_t c) {
  return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x200e || c == 0x200f || (c >= 0x2028 && c <= 0x202e) ||
         (c >= 0x2066 && c <= 0x2069);
}

void AppendEscaped(char32_t c, std::string* out) {
  switch (c) {
    case '"':
      *out += "\\\"";
      return;
    case '\\':
      *out += "\\\\";
      return;
    case '\n':
      *out += "\\n";
      return;
    case '\r':
      *out += "\\r";
      return;
    case '\t':
      *out += "\\t";
      return;
    default:
      absl::StrAppendFormat(out, "\\u%04x", static_cast<uint32_t>(c));
  }
}

}  // namespace

void AppendJsonString(std::string_view text, std::string* out) {
  *out += '"';
  size_t plain = 0;  // from here on nothing is appended yet
  size_t at = 0;
  while (at < text.size()) {
    if (!kSpecial[static_cast<unsigned char>(text[at])]) {
      ++at;
      continue;
    }
    Utf8Char c = DecodeUtf8(text.substr(at));
    if (IsHarmful(c.code_point) || c.code_point == '"' || c.code_point == '\\') {
      out->append(text, plain, at - plain);
      AppendEscaped(c.code_point, out);
      plain = at + c.size;
    }
    at += c.size;
  }
  out->append(text, plain, at - plain);
  *out += '"';
}

void JsonTime::Append(uint64_t unix_nanos, std::string* out) {
  constexpr uint64_t kNanosPerSecond = 1'000'000'000;
  auto second = static_cast<int64_t>(unix_nanos / kNanosPerSecond);
  if (second != second_) {
    second_ = second;
    second_text_ = absl::FormatTime("\"%Y-%m-%dT%H:%M:%S.", absl::FromUnixSeconds(second), absl::UTCTimeZone());
  }
  *out += second_text_;
  char digits[9];
  uint64_t nanos = unix_nanos % kNanosPerSecond;
  for (int i = 8; i >= 0; --i, nanos /= 10) digits[i] = static_cast<char>('0' + nanos % 10);
  out->append(digits, sizeof digits);
  *out += "Z\"";
}

}  // namespace sluice::cli
