// Names whose values are secrets. Pure.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sluice::agent {

inline char LowerLetter(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

// Two bytes as a number.
constexpr uint16_t BytePair(char first, char second) {
  return static_cast<uint16_t>(static_cast<uint8_t>(first) << 8 | static_cast<uint8_t>(second));
}

// If `text` ends with `end`, which is in lower case, in any case.
inline bool EndsInAnyCase(std::string_view text, std::string_view end) {
  if (text.size() < end.size()) return false;
  const std::string_view tail = text.substr(text.size() - end.size());
  return std::equal(tail.begin(), tail.end(), end.begin(), [](char a, char b) { return LowerLetter(a) == b; });
}

namespace internal {

inline constexpr std::string_view kAuthorization = "authorization";
inline constexpr std::string_view kSecretNames[] = {
    "password",    "passwd",      "pwd",        "passphrase", "secret",      "token",
    "apikey",      "api_key",     "api-key",    "accesskey",  "access_key",  "access-key",
    "private_key", "private-key", "privatekey", "credential", "credentials", kAuthorization};

// The last two letters of those.
inline constexpr auto kNameEnds = [] {
  std::array<uint16_t, 16> ends{};
  size_t count = 0;
  for (std::string_view name : kSecretNames) {
    const uint16_t pair = BytePair(name[name.size() - 2], name[name.size() - 1]);
    if (std::find(ends.begin(), ends.end(), pair) == ends.end()) ends[count++] = pair;
  }
  return ends;
}();

}  // namespace internal

// If a secret's name may end with these two bytes: tells most names at once.
inline bool MayEndSecretName(char before, char last) {
  const uint16_t pair = BytePair(LowerLetter(before), LowerLetter(last));
  bool found = false;
  for (uint16_t known : internal::kNameEnds) found |= known == pair;  // all of them: without branches
  return found;
}

// If what is called so is a secret, by its end: "password", "db.Password", "ACCESS_TOKEN".
inline bool NamesSecret(std::string_view name) {
  return std::any_of(std::begin(internal::kSecretNames), std::end(internal::kSecretNames),
                     [name](std::string_view secret) { return EndsInAnyCase(name, secret); });
}

// If what is called so is HTTP's header, or like it: "Proxy-Authorization".
inline bool NamesAuthorization(std::string_view name) { return EndsInAnyCase(name, internal::kAuthorization); }

}  // namespace sluice::agent
