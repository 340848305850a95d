// The formats that a source can name, each behind the same function.
#pragma once

#include <memory>
#include <string_view>

#include "agent/parse/field_selection.h"
#include "agent/parse/line_parser.h"
#include "agent/parse/regex.h"
#include "agent/parse/timestamp.h"
#include "agent/parse/w3c.h"
#include "agent/parse/zone_offsets.h"

namespace sluice::agent {

// What the parsers of a source share. Immutable.
struct FormatOptions {
  FieldSelection fields;
  std::shared_ptr<const ZoneOffsets> zone;  // of times that name none; null is UTC
  bool severity_from_status = false;
  std::shared_ptr<const CompiledRegex> regex;  // of the regex format only
};

// A format's Parse fills in time, severity and wanted attributes. It returns what is wrong with the line, or an empty
// text; if something is wrong, `out` may have anything.

struct JsonFormat {
  std::string_view Parse(std::string_view line, const FormatOptions& options, TimeReader* times, ParsedLine* out);
};
struct LogfmtFormat {
  std::string_view Parse(std::string_view line, const FormatOptions& options, TimeReader* times, ParsedLine* out);
};
struct W3cFormat {
  explicit W3cFormat(const FormatOptions& options);
  std::string_view Parse(std::string_view line, const FormatOptions& options, TimeReader* times, ParsedLine* out);
  W3cColumns columns;
};
struct SyslogFormat {
  std::string_view Parse(std::string_view line, const FormatOptions& options, TimeReader* times, ParsedLine* out);
};
struct KlogFormat {
  std::string_view Parse(std::string_view line, const FormatOptions& options, TimeReader* times, ParsedLine* out);
};
struct RegexFormat {
  std::string_view Parse(std::string_view line, const FormatOptions& options, TimeReader* times, ParsedLine* out);
};

// A row of a W3C log or a line of an access log, with the attributes and the severity that `options` ask for. False if
// it is neither.
bool ParseW3c(std::string_view line, const W3cColumns& columns, const FormatOptions& options, TimeReader* times,
              ParsedLine* out);

}  // namespace sluice::agent
