// JSON objects, one a line: the fields of the outermost object that tell time and severity.
#pragma once

#include <string_view>

#include "agent/parse/parsed_line.h"
#include "agent/parse/timestamp.h"

namespace sluice::agent {

// False, and nothing done, if `text` does not begin like an object. Otherwise fills in what `out` lacks.
//
// Exact as to nesting, strings and escapes, but no validator: it reads the fields one after the other and stops where
// it knows all, or where the text is no JSON any more. Of several fields that tell the same, the first usable one
// counts.
bool ParseJson(std::string_view text, TimeReader* times, ParsedLine* out);
// The same for the next of many lines, which are mostly alike (see JsonShapes). `out` is clear.
bool ParseJsonLine(std::string_view line, TimeReader* times, ParsedLine* out);

}  // namespace sluice::agent
