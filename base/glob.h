// Shell globs, compiled once and matched many times.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace sluice {

// Immutable after Compile; thread-safe.
//
//   `?` one character, `[a-z]` `[!a-z]` one of a set, `{a,b}` either, `\x` the character x itself.
//   kPath:  `*` any characters but '/', `**` any characters; `**/` also stands for nothing, so that `**/*.log` matches
//           `a.log`. `?` and sets never match '/'.
//   kTopic: `*` any characters.
class Glob {
 public:
  enum class Kind { kPath, kTopic };

  // InvalidArgument says what is wrong with the pattern and where ("unclosed '[' at character 4").
  static absl::StatusOr<Glob> Compile(std::string_view pattern, Kind kind);

  bool Matches(std::string_view text) const;
  const std::string& pattern() const { return pattern_; }

 private:
  struct Program;
  Glob(std::string pattern, std::shared_ptr<const Program> program, std::optional<std::string> ending)
      : pattern_(std::move(pattern)), program_(std::move(program)), ending_(std::move(ending)) {}

  std::string pattern_;
  std::shared_ptr<const Program> program_;
  std::optional<std::string> ending_;  // the pattern says no more than that the text ends so
};

// True if any of the globs matches.
bool MatchesAny(const std::vector<Glob>& globs, std::string_view text);

}  // namespace sluice
