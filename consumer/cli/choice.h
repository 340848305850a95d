// Flags that are one of a few words, or a number.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/numbers.h"
#include "base/strings.h"

namespace sluice::cli {

// For CLI::Option::transform: turns the word into its value. An error names the words that are allowed.
template <typename T>
CLI::Validator Choice(std::vector<std::pair<std::string, T>> words) {
  auto transform = [words = std::move(words)](std::string& text) -> std::string {
    std::string allowed;
    for (const auto& [word, value] : words) {
      if (text == word) {
        text = std::to_string(static_cast<int>(value));
        return "";
      }
      StrAppend(&allowed, allowed.empty() ? "" : ", ", word);
    }
    return StrCat("\"", text, "\" is none of: ", allowed);
  };
  return CLI::Validator(std::move(transform), /*description=*/"");
}

// For CLI::Option::check of an unsigned flag. CLI11 alone takes "-1" for the largest number, and "010" for eight.
inline CLI::Validator WholeNumber(uint64_t min = 0) {
  auto check = [min](const std::string& text) -> std::string {
    uint64_t number = 0;
    const bool leads_with_zero = text.size() > 1 && text.front() == '0';
    if (absl::SimpleAtoi(text, &number) && number >= min && !leads_with_zero) return "";
    return StrCat("\"", text, "\" is no whole number from ", min, " on");
  };
  return CLI::Validator(std::move(check), /*description=*/"");
}

}  // namespace sluice::cli
