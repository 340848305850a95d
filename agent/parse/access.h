// Access logs of web servers: the common and the combined format, with a virtual host before them or not.
#pragma once

#include <string_view>

#include "agent/parse/field_selection.h"
#include "agent/parse/parsed_line.h"
#include "agent/parse/timestamp.h"

namespace sluice::agent {

// True if `line` has a time in the format's own spelling, "[20/Nov/2026:09:15:39 +0000]", behind the client's fields.
// An access log names no severity.
bool ParseAccess(std::string_view line, TimeReader* times, ParsedLine* out);

// The same, and the wanted ones of these as attributes: vhost remote_addr ident user method path protocol status bytes
// referer user_agent. A request that is not "METHOD PATH PROTOCOL" is an attribute request. What is "-" is left out;
// escapes in quotation marks stay as the server wrote them. With `severity_from_status` also the severity.
bool ParseAccessFields(std::string_view line, const FieldSelection& fields, bool severity_from_status,
                       TimeReader* times, ParsedLine* out);

// The severity of an HTTP status, if it is one: 5xx ERROR, 4xx WARN, others INFO.
void TakeHttpStatus(std::string_view status, ParsedLine* out);

}  // namespace sluice::agent
