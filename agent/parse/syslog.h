// Syslog lines, as RFC 3164 and RFC 5424 have them and as rsyslog and syslog-ng write them to files.
//
//   <34>Nov 20 09:15:39 web-1 su[12]: 'su root' failed           RFC 3164; in files mostly without the priority
//   2026-11-20T09:15:39.003+01:00 web-1 su[12]: …                the same with rsyslog's own time
//   <165>1 2026-11-20T09:15:39.003Z web-1 app 12 ID47 [a@1 b="c"] …   RFC 5424
#pragma once

#include <string_view>

#include "agent/parse/field_selection.h"
#include "agent/parse/parsed_line.h"
#include "agent/parse/timestamp.h"

namespace sluice::agent {

// Fills in the time, the severity and the wanted ones of these attributes: facility (auth, local0, …) hostname appname
// procid msgid, and of structured data ID.NAME for each parameter, its escapes resolved. What is "-" is left out.
// A line without a priority tells its severity as any text does, by a word before its message.
// Returns what is wrong with the line, or an empty text; then `out` may have some of it.
std::string_view ParseSyslog(std::string_view line, const FieldSelection& fields, TimeReader* times, ParsedLine* out);

// If a line begins as only syslog does: with a priority, or with a name of a month.
bool BeginsLikeSyslog(std::string_view line);

}  // namespace sluice::agent
