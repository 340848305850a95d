// A flag that is one of a few words.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
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

}  // namespace sluice::cli
