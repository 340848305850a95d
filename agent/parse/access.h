// Access logs of web servers: the common and the combined format, with a virtual host before them or not.
#pragma once

#include <string_view>

#include "agent/parse/parsed_line.h"
#include "agent/parse/timestamp.h"

namespace sluice::agent {

// True if `line` has a time in the format's own spelling, "[20/Nov/2026:09:15:39 +0000]", behind the client's fields.
// An access log names no severity.
bool ParseAccess(std::string_view line, TimeReader* times, ParsedLine* out);

}  // namespace sluice::agent
