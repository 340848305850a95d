// Shows in a line what a search found.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "re2/re2.h"

namespace sluice::cli {

// Not thread-safe.
class Highlighter {
 public:
  // What was searched for; either may be empty. An expression that is none highlights nothing: the collector says why.
  Highlighter(std::string contains, const std::string& regex);

  // Appends `line` with control characters made visible, and what was found in reverse.
  void Append(std::string_view line, std::string* out) const;

 private:
  // The first match at or behind `at`; empty at the line's end if there is none.
  std::string_view Find(std::string_view line, size_t at) const;

  const std::string contains_;
  std::unique_ptr<const RE2> regex_;
};

}  // namespace sluice::cli
