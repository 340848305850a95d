// Lines of text: syslog (RFC 3164, RFC 5424), klog, and the many layouts that put a time, a level and other marks
// before the message. What stands in the message itself, behind the first words, is never looked at.
#pragma once

#include <cstddef>
#include <string_view>

#include "agent/parse/parsed_line.h"
#include "agent/parse/timestamp.h"

namespace sluice::agent {

// What a line begins with: a time, in brackets or not, a syslog priority, a header of klog or Redis. Returns how many
// bytes it takes.
size_t ReadHead(std::string_view line, TimeReader* times, ParsedLine* out);

// Reads on behind ReadHead's `head` bytes: fills in what `out` lacks. A message that is itself JSON or logfmt is read
// as such.
void ReadMarks(std::string_view line, size_t head, TimeReader* times, ParsedLine* out);

inline void ParsePlain(std::string_view line, TimeReader* times, ParsedLine* out) {
  ReadMarks(line, ReadHead(line, times, out), times, out);
}

}  // namespace sluice::agent
