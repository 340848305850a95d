// All the fields of JSON that is as most is: no control characters, and nothing wrong with it.
//
// Half the time of simdjson, which is asked about everything else, and is the oracle of the tests: this finds the same
// fields, or none.
#pragma once

#include <string_view>

#include "agent/parse/parsed_line.h"
#include "agent/parse/timestamp.h"

namespace sluice::agent {

// As ParseJsonFields, for all fields; `text` begins with '{', `out` is clear. False if it is not what most is; `out`
// may have anything then.
bool ParseQuickJson(std::string_view text, TimeReader* times, ParsedLine* out);

}  // namespace sluice::agent
