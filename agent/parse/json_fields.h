// JSON objects with their fields as attributes.
//
// Names of nested objects are joined with dots: {"http":{"status":200}} gives http.status=200. Strings come without
// quotation marks and with their escapes resolved, numbers and booleans as they are written, arrays as compact JSON
// text; null is left out. An object below kJsonDepthMax levels is taken as text like an array. Half of a surrogate pair
// becomes U+FFFD.
#pragma once

#include <string_view>

#include "agent/parse/field_selection.h"
#include "agent/parse/parsed_line.h"
#include "agent/parse/timestamp.h"

namespace sluice::agent {

// Fills in time, severity and the wanted attributes of `text`, with white space around the object or not. Returns what
// is wrong with it, or an empty text; then `out` may have some of it.
//
// With all fields wanted, all of the text is checked (but for what is inside of an array); otherwise only what is read
// until everything is found.
std::string_view ParseJsonFields(std::string_view text, const FieldSelection& fields, TimeReader* times,
                                 ParsedLine* out);

}  // namespace sluice::agent
