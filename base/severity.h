// Severities: from any usual spelling to OpenTelemetry's numbers, and back to a name.
#pragma once

#include <string_view>

#include "sluice/v1/log.pb.h"

namespace sluice {

// The severity that `text` spells, in any case. Allocates nothing. SEVERITY_UNSPECIFIED if it spells none.
//   TRACE  trace trac trce trc verbose vrb finer finest silly; T V
//   DEBUG  debug debu dbug dbg fine config; D
//   INFO   info inf information informational notice note success; I N
//   WARN   warn wrn warning; W
//   ERROR  error erro eror err fail severe; E
//   FATAL  fatal fata ftl critical crit alert emergency emerg panic pani dpanic; F C
// A digit from 1 to 4 behind one of the six names is OpenTelemetry's: INFO is INFO1, and INFO2 is one above it.
v1::Severity SeverityFromText(std::string_view text);

// From syslog's numbers, 0 (emergency) to 7 (debug), as their words map above; SEVERITY_UNSPECIFIED for others.
v1::Severity SeverityFromSyslog(int severity);

// From the numbers that bunyan and pino write (10 trace … 60 fatal); SEVERITY_UNSPECIFIED for others.
v1::Severity SeverityFromBunyan(int level);

// "TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL" of the severity's range, "-" if it is not known.
std::string_view SeverityName(v1::Severity severity);

}  // namespace sluice
