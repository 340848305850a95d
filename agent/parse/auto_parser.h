// `parser: auto`: whichever format fits the line.
#pragma once

#include <string_view>

#include "agent/parse/line_parser.h"
#include "agent/parse/timestamp.h"
#include "agent/parse/w3c.h"

namespace sluice::agent {

// A line's first bytes decide, so that lines of several formats may stand in one file: a '{' begins JSON, a time or a
// syslog priority text, a time in brackets behind other fields an access log, name=value logfmt, the rest is text.
class AutoParser final : public LineParser {
 public:
  void Parse(std::string_view line, int64_t read_unix_nano, ParsedLine* out) override;

 private:
  TimeReader times_;
  W3cColumns columns_;
};

}  // namespace sluice::agent
