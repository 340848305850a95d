#include "agent/process/card_number.h"

#include <array>
#include <cstdint>

namespace sluice::agent {
namespace {

constexpr size_t kDigitsMin = 13;
constexpr size_t kDigitsMax = 19;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsWord(char c) { return IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

// How many digits stand together.
using Groups = std::array<uint8_t, 5>;
constexpr Groups kLayouts[] = {{4, 4, 4, 4, 3}, {4, 4, 4, 4, 0}, {4, 6, 5, 0, 0}, {4, 6, 4, 0, 0}};

// A number without its separators.
struct Number {
  std::array<char, kDigitsMax> digits;
  size_t size = 0;

  int Prefix(size_t count) const {
    int value = 0;
    for (size_t i = 0; i < count; ++i) value = value * 10 + (digits[i] - '0');
    return value;
  }
};

// The networks' ranges, with the lengths that they give out.
bool IsIssued(const Number& number) {
  const size_t size = number.size;
  const int two = number.Prefix(2);
  const int four = number.Prefix(4);
  if (two / 10 == 4) return size == 13 || size == 16 || size == 19;                         // Visa
  if ((two >= 51 && two <= 55) || (four >= 2221 && four <= 2720)) return size == 16;        // Mastercard
  if (two == 34 || two == 37) return size == 15;                                            // American Express
  if (four / 10 <= 305 && four / 10 >= 300) return size == 14;                              // Diners Club
  if (two == 36 || two == 38 || two == 39) return size >= 14;                               // Diners Club
  if (four >= 3528 && four <= 3589) return size >= 16;                                      // JCB
  if (two == 62 || two == 64 || two == 65 || four == 6011 || two == 60) return size >= 16;  // UnionPay, Discover, RuPay
  if (four >= 2200 && four <= 2204) return size >= 16;                                      // Mir
  return two == 50 || (two >= 56 && two <= 58) || two == 63 || two == 67;                   // Maestro
}

bool HasCheckDigit(const Number& number) {
  int sum = 0;
  for (size_t i = 0; i < number.size; ++i) {
    int digit = number.digits[number.size - 1 - i] - '0';
    if (i % 2 == 1) digit = digit > 4 ? 2 * digit - 9 : 2 * digit;
    sum += digit;
  }
  return sum % 10 == 0;
}

bool IsCard(const Number& number) {
  return number.size >= kDigitsMin && number.size <= kDigitsMax && IsIssued(number) && HasCheckDigit(number);
}

// The number in these groups, with one separator between any two; its length in the text, 0 if it is not there.
size_t ReadGroups(std::string_view text, const Groups& groups, Number* number) {
  const char separator = text[4];
  size_t at = 0;
  number->size = 0;
  for (size_t group : groups) {
    if (group > 0 && at > 0 && (at >= text.size() || text[at++] != separator)) return 0;
    for (; group > 0; --group, ++at) {
      if (at >= text.size() || !IsDigit(text[at])) return 0;
      number->digits[number->size++] = text[at];
    }
  }
  return at < text.size() && IsWord(text[at]) ? 0 : at;
}

}  // namespace

size_t CardNumberLength(std::string_view text, size_t digits) {
  Number number;
  if (digits >= kDigitsMin && digits <= kDigitsMax) {
    if (digits < text.size() && IsWord(text[digits])) return 0;
    for (; number.size < digits; ++number.size) number.digits[number.size] = text[number.size];
    return IsCard(number) ? digits : 0;
  }
  if (digits != 4 || text.size() < 5 || (text[4] != ' ' && text[4] != '-')) return 0;
  for (const Groups& groups : kLayouts) {
    const size_t size = ReadGroups(text, groups, &number);
    if (size > 0 && IsCard(number)) return size;
  }
  return 0;
}

}  // namespace sluice::agent
