// Beginnings of lines that only one kind of log has. Each is read at the front of `text` into `out`; returned is how
// many bytes it takes, 0 if it is not there.
#pragma once

#include <cstddef>
#include <string_view>

#include "agent/parse/parsed_line.h"
#include "agent/parse/timestamp.h"

namespace sluice::agent {

// Syslog's "<34>", by RFC 3164, and "<34>1 " by RFC 5424: facility and severity.
size_t ReadSyslogPriority(std::string_view text, ParsedLine* out);

// klog's and glog's "I1120 09:15:39.123456": severity and time.
size_t ReadKlogHeader(std::string_view text, TimeReader* times, ParsedLine* out);

// Redis's "1234:M 20 Nov 2026 09:15:39.123 * ": time and severity.
size_t ReadRedisHeader(std::string_view text, TimeReader* times, ParsedLine* out);

}  // namespace sluice::agent
