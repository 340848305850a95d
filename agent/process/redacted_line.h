// What can still be seen of a line in which something was replaced. Pure.
#pragma once

#include <cstddef>
#include <string_view>

namespace sluice::agent {

// Knows the line's front and its end that are the same in both; what is between them counts as replaced.
//
//   {"user":"ann","iban":"DE8937","x":1}
//   {"user":"ann",***,"x":1}
//   ~~~~~~~~~~~~~~   ~~~~~~~
class RedactedLine {
 public:
  // The views must outlive it.
  RedactedLine(std::string_view line, std::string_view redacted);

  std::string_view redacted() const { return redacted_; }
  // If `part` is a view into the line, and of what was not replaced.
  bool Shows(std::string_view part) const;
  // If the names that dots join in a field's name are all somewhere in what is left, or are words of the parser, which
  // the line never had.
  bool ShowsName(std::string_view name) const;

 private:
  const std::string_view line_;
  const std::string_view redacted_;
  const bool has_escapes_;  // what the line never had may stand in it nevertheless
  size_t front_ = 0;        // bytes
  size_t end_ = 0;
};

}  // namespace sluice::agent
