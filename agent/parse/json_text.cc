#include "agent/parse/json_text.h"

#include <algorithm>
#include <cstring>

#include "agent/parse/civil.h"

namespace sluice::agent {
namespace {

constexpr uint32_t kReplacement = 0xfffd;

// The number of `digits` hexadecimal ones at `p`; more than 0xffff if they are none.
uint32_t ReadHex(const char* p, const char* end, int digits) {
  constexpr uint32_t kNone = 0x10000;
  uint32_t value = 0;
  if (end - p < digits) return kNone;
  for (int i = 0; i < digits; ++i) {
    const char c = p[i];
    const char small = static_cast<char>(c | 0x20);
    if (IsDigit(c)) {
      value = value << 4 | static_cast<uint32_t>(c - '0');
    } else if (small >= 'a' && small <= 'f') {
      value = value << 4 | static_cast<uint32_t>(small - 'a' + 10);
    } else {
      return kNone;
    }
  }
  return value;
}

char* WriteUtf8(uint32_t code_point, char* out) {
  const auto byte = [](uint32_t bits) { return static_cast<char>(bits); };
  if (code_point < 0x80) {
    *out++ = byte(code_point);
  } else if (code_point < 0x800) {
    *out++ = byte(0xc0 | code_point >> 6);
    *out++ = byte(0x80 | (code_point & 0x3f));
  } else if (code_point < 0x10000) {
    *out++ = byte(0xe0 | code_point >> 12);
    *out++ = byte(0x80 | (code_point >> 6 & 0x3f));
    *out++ = byte(0x80 | (code_point & 0x3f));
  } else {
    *out++ = byte(0xf0 | code_point >> 18);
    *out++ = byte(0x80 | (code_point >> 12 & 0x3f));
    *out++ = byte(0x80 | (code_point >> 6 & 0x3f));
    *out++ = byte(0x80 | (code_point & 0x3f));
  }
  return out;
}

bool IsHigh(uint32_t unit) { return unit >= 0xd800 && unit < 0xdc00; }
bool IsLow(uint32_t unit) { return unit >= 0xdc00 && unit < 0xe000; }

// "XXXX", and a second half behind it: six or twelve bytes of text give at most four.
bool ReadUnicodeEscape(const char** p, const char* end, char** out) {
  uint32_t unit = ReadHex(*p, end, 4);
  if (unit > 0xffff) return false;
  *p += 4;
  if (IsHigh(unit) && end - *p >= 6 && (*p)[0] == '\\' && (*p)[1] == 'u') {
    const uint32_t low = ReadHex(*p + 2, end, 4);
    if (IsLow(low)) {
      *p += 6;
      unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
    }
  }
  *out = WriteUtf8(IsHigh(unit) || IsLow(unit) ? kReplacement : unit, *out);
  return true;
}

// What a letter behind a backslash stands for; '\0': nothing.
char SimpleEscape(char c) {
  switch (c) {
    case '"':
    case '\\':
    case '/':
      return c;
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return '\0';
  }
}

// "\xe9": four bytes of text give at most three.
bool ReadByteEscape(const char** p, const char* end, char** out) {
  const uint32_t byte = ReadHex(*p, end, 2);
  if (byte > 0xff) return false;
  *p += 2;
  *out = WriteUtf8(byte < 0x80 ? byte : kReplacement, *out);
  return true;
}

// Those that only some have; behind the backslash and `c`.
void ReadOtherEscape(char c, const char** p, const char* end, char** out) {
  if (c == 'x' && ReadByteEscape(p, end, out)) return;
  if (c == 'a' || c == 'v' || c == '\'') {
    *(*out)++ = c == 'a' ? '\a' : c == 'v' ? '\v' : '\'';
  } else {
    *(*out)++ = '\\';
    *(*out)++ = c;
  }
}

const char* SkipDigits(const char* p, const char* end) {
  while (p < end && IsDigit(*p)) ++p;
  return p;
}

bool IsJsonNumber(std::string_view text) {
  const char* p = text.data();
  const char* const end = p + text.size();
  if (p < end && *p == '-') ++p;
  const char* const digits = p;
  p = SkipDigits(p, end);
  if (p == digits || (*digits == '0' && p - digits > 1)) return false;
  if (p < end && *p == '.') {
    const char* const fraction = ++p;
    p = SkipDigits(p, end);
    if (p == fraction) return false;
  }
  if (p < end && (*p | 0x20) == 'e') {
    ++p;
    if (p < end && (*p == '+' || *p == '-')) ++p;
    const char* const exponent = p;
    p = SkipDigits(p, end);
    if (p == exponent) return false;
  }
  return p == end;
}

bool IsSpaceByte(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// Calls `take(c, in_string)` for each byte; stops when it returns false.
template <typename Take>
bool EachByte(std::string_view json, Take take) {
  bool in_string = false;
  for (size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (!take(c, in_string)) return false;
    if (c == '"') in_string = !in_string;
    if (c == '\\' && in_string && i + 1 < json.size() && !take(json[++i], true)) return false;
  }
  return true;
}

}  // namespace

ptrdiff_t Unescape(std::string_view text, Escapes escapes, char* out) {
  const char* const begin = out;
  const char* p = text.data();
  const char* const end = p + text.size();
  while (p < end) {
    const auto* slash = static_cast<const char*>(std::memchr(p, '\\', static_cast<size_t>(end - p)));
    if (slash == nullptr) slash = end;
    out = std::copy(p, slash, out);
    p = slash;
    if (p == end) break;
    if (end - p < 2) {  // nothing is escaped
      if (escapes == Escapes::kJson) return -1;
      *out++ = *p++;
      break;
    }
    const char c = p[1];
    p += 2;
    if (const char simple = SimpleEscape(c); simple != '\0') {
      *out++ = simple;
    } else if (c != 'u' || !ReadUnicodeEscape(&p, end, &out)) {
      if (escapes == Escapes::kJson) return -1;
      ReadOtherEscape(c, &p, end, &out);
    }
  }
  return out - begin;
}

bool IsJsonScalar(std::string_view text) {
  if (text.empty()) return false;
  if (text[0] == 't') return text == "true";
  if (text[0] == 'f') return text == "false";
  return IsJsonNumber(text);
}

bool HasJsonSpace(std::string_view json) {
  return !EachByte(json, [](char c, bool in_string) { return in_string || !IsSpaceByte(c); });
}

size_t CompactJson(std::string_view json, char* out) {
  const char* const begin = out;
  EachByte(json, [&out](char c, bool in_string) {
    if (in_string || !IsSpaceByte(c)) *out++ = c;
    return true;
  });
  return static_cast<size_t>(out - begin);
}

}  // namespace sluice::agent
