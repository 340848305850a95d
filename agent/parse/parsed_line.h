// What a parser finds in a line.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "sluice/v1/log.pb.h"

namespace sluice::agent {

// One object is reused for every line, so that nothing is allocated per line. The views point into the line (the names
// of attributes: into the parser's factory).
struct ParsedLine {
  uint64_t time_unix_nano = 0;  // 0: the line names no time
  v1::Severity severity = v1::SEVERITY_UNSPECIFIED;
  // As the line spells it ("warning", "E", "<34>"): printable ASCII, at most kSeverityTextMax bytes; empty if it names
  // none. There may be a text and no severity: a level that nobody knows.
  std::string_view severity_text;
  // Name and value; names differ. Only the regex parser finds any.
  std::vector<std::pair<std::string_view, std::string_view>> attributes;

  void Clear() {
    time_unix_nano = 0;
    severity = v1::SEVERITY_UNSPECIFIED;
    severity_text = {};
    attributes.clear();
  }
};

inline constexpr size_t kSeverityTextMax = 32;

}  // namespace sluice::agent
