#include "base/text.h"

#include <simdjson.h>

#include <cstdint>

#include "absl/strings/str_format.h"

namespace sluice {
namespace {

constexpr size_t kQuotedBytesMax = 60;

// What the Unicode Standard's table 3-7 allows behind a lead byte: how many continuation bytes follow, and the range of
// the first one (the others are 80..BF).
struct Lead {
  uint8_t continuations;
  uint8_t low;
  uint8_t high;
};

// 0 continuations: no lead byte.
Lead LeadOf(uint8_t byte) {
  if (byte >= 0xc2 && byte <= 0xdf) return {1, 0x80, 0xbf};
  if (byte == 0xe0) return {2, 0xa0, 0xbf};  // below: overlong
  if (byte == 0xed) return {2, 0x80, 0x9f};  // above: surrogates
  if (byte >= 0xe1 && byte <= 0xef) return {2, 0x80, 0xbf};
  if (byte == 0xf0) return {3, 0x90, 0xbf};  // below: overlong
  if (byte == 0xf4) return {3, 0x80, 0x8f};  // above: beyond U+10FFFF
  if (byte >= 0xf1 && byte <= 0xf3) return {3, 0x80, 0xbf};
  return {0, 0, 0};
}

bool IsPlain(char c) { return (c >= 0x20 && c < 0x7f) || c == '\t'; }

// At most `size` bytes of it, and no part of a character.
std::string_view Beginning(std::string_view text, size_t size) {
  if (text.size() <= size) return text;
  while (size > 0 && (static_cast<uint8_t>(text[size]) & 0xc0) == 0x80) --size;
  return text.substr(0, size);
}

void AppendEscape(char32_t c, std::string* out) {
  if (c == '\n') {
    out->append("\\n");
  } else if (c == '\r') {
    out->append("\\r");
  } else if (c < 0x80) {
    absl::StrAppendFormat(out, "\\x%02x", static_cast<uint32_t>(c));
  } else {
    absl::StrAppendFormat(out, "\\u%04x", static_cast<uint32_t>(c));
  }
}

}  // namespace

bool IsValidUtf8(std::string_view bytes) { return simdjson::validate_utf8(bytes.data(), bytes.size()); }

Utf8Char DecodeUtf8(std::string_view bytes) {
  const auto first = static_cast<uint8_t>(bytes[0]);
  if (first < 0x80) return {.code_point = first, .size = 1, .valid = true};
  const Lead lead = LeadOf(first);
  if (lead.continuations == 0) return {.size = 1};
  char32_t code_point = first & (0x3f >> lead.continuations);
  for (size_t i = 1; i <= lead.continuations; ++i) {
    const uint8_t byte = i < bytes.size() ? static_cast<uint8_t>(bytes[i]) : 0;
    if (byte < (i == 1 ? lead.low : 0x80) || byte > (i == 1 ? lead.high : 0xbf)) return {.size = i};
    code_point = code_point << 6 | (byte & 0x3f);
  }
  return {.code_point = code_point, .size = lead.continuations + size_t{1}, .valid = true};
}

bool IsControl(char32_t c) {
  return (c < 0x20 && c != '\t') || (c >= 0x7f && c <= 0x9f)  // C0, DEL, C1
         || (c >= 0x202a && c <= 0x202e)                      // bidirectional embeddings and overrides
         || (c >= 0x2066 && c <= 0x2069);                     // bidirectional isolates
}

std::string ReplaceInvalidUtf8(std::string_view bytes) {
  if (IsValidUtf8(bytes)) return std::string(bytes);
  std::string out;
  out.reserve(bytes.size() + 16);
  while (!bytes.empty()) {
    const Utf8Char c = DecodeUtf8(bytes);
    out.append(c.valid ? bytes.substr(0, c.size) : std::string_view("\ufffd"));
    bytes.remove_prefix(c.size);
  }
  return out;
}

void AppendVisible(std::string_view text, bool strip_cr, std::string* out) {
  if (strip_cr && text.ends_with('\r')) text.remove_suffix(1);
  while (!text.empty()) {
    size_t plain = 0;
    while (plain < text.size() && IsPlain(text[plain])) ++plain;
    out->append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) return;
    const Utf8Char c = DecodeUtf8(text);
    if (!c.valid) {
      for (char byte : text.substr(0, c.size)) absl::StrAppendFormat(out, "\\x%02x", static_cast<uint8_t>(byte));
    } else if (IsControl(c.code_point)) {
      AppendEscape(c.code_point, out);
    } else {
      out->append(text.substr(0, c.size));
    }
    text.remove_prefix(c.size);
  }
}

void AppendJsonString(std::string_view text, std::string* out) {
  out->push_back('"');
  while (!text.empty()) {
    const Utf8Char c = DecodeUtf8(text);
    if (!c.valid) {
      out->append("\ufffd");
    } else if (c.code_point == '"' || c.code_point == '\\') {
      out->push_back('\\');
      out->push_back(text[0]);
    } else if (IsControl(c.code_point) || c.code_point == '\t') {
      absl::StrAppendFormat(out, "\\u%04x", static_cast<uint32_t>(c.code_point));
    } else {
      out->append(text.substr(0, c.size));
    }
    text.remove_prefix(c.size);
  }
  out->push_back('"');
}

std::string Quoted(std::string_view text) {
  std::string quoted = "\"";
  AppendVisible(Beginning(text, kQuotedBytesMax), /*strip_cr=*/false, &quoted);
  return quoted.append(text.size() > kQuotedBytesMax ? "…\"" : "\"");
}

}  // namespace sluice
