// JSON objects of which a few fields are wanted, or none: stops where it has found everything.
#pragma once

#include <string_view>

#include "agent/parse/field_selection.h"
#include "agent/parse/parsed_line.h"
#include "agent/parse/timestamp.h"

namespace sluice::agent {

// As ParseJsonFields, for `fields` that are not all; `text` begins with '{', `out` is clear. A nested object that is
// wanted by its own name is compact JSON text.
std::string_view ParseNamedJson(std::string_view text, const FieldSelection& fields, TimeReader* times,
                                ParsedLine* out);

}  // namespace sluice::agent
