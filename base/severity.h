// Severities: from any usual spelling to OpenTelemetry's numbers, and back to a name.
#pragma once

#include <string_view>

#include "sluice/v1/log.pb.h"

namespace sluice {

// The severity that `text` spells, in any case: trace, debug, dbg, info, information, notice, warn, warning, err,
// error, crit, critical, alert, emerg, emergency, panic, fatal, severe, fine, finer, finest, verbose, … and their
// one-letter forms (T D I N W E C F). SEVERITY_UNSPECIFIED if it spells none. Allocates nothing.
v1::Severity SeverityFromText(std::string_view text);

// From syslog's numbers, 0 (emergency) to 7 (debug).
v1::Severity SeverityFromSyslog(int severity);

// From the numbers that bunyan and pino write (10 trace … 60 fatal); SEVERITY_UNSPECIFIED for others.
v1::Severity SeverityFromBunyan(int level);

// "TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL" of the severity's range, "-" if it is not known.
std::string_view SeverityName(v1::Severity severity);

}  // namespace sluice
