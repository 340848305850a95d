// A regular expression that most lines are told apart from by their first byte, or by a text that each match begins
// with.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/find_bytes.h"
#include "re2/re2.h"

namespace sluice {

// Immutable; thread-safe.
class LinePattern {
 public:
  static constexpr size_t kBytesMax = 4096;  // of the expression

  // InvalidArgument: "found …; it is no RE2 expression: …".
  static absl::StatusOr<std::shared_ptr<const LinePattern>> Compile(const std::string& pattern);

  // If a part of the line matches.
  bool Matches(std::string_view line) const {
    const auto first = static_cast<uint8_t>(line.empty() ? '\0' : line[0]);
    if (anchored_ && (line.empty() || first < first_min_ || first > first_max_)) return false;
    if (!beginning_.empty() && !ContainsBytes(line, beginning_)) return false;
    return Searches(line);
  }
  const std::string& pattern() const { return regex_.pattern(); }

 private:
  LinePattern(const std::string& pattern, const re2::RE2::Options& options) : regex_(pattern, options) {}
  bool Searches(std::string_view line) const;

  re2::RE2 regex_;
  // A match begins with the line, and its first byte is in this range.
  bool anchored_ = false;
  uint8_t first_min_ = 0;
  uint8_t first_max_ = 255;
  std::string beginning_;  // of each match, wherever it is; empty: not known
};

}  // namespace sluice
