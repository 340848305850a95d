// What a source says about the format of its lines.
#pragma once

#include <optional>
#include <string>

#include "agent/parse/field_selection.h"

namespace sluice::agent {

enum class ParserKind {
  kAuto,    // whichever of the following fits the line
  kJson,    // a JSON object
  kLogfmt,  // level=info time=…
  kW3c,     // access logs: common, combined, W3C extended
  kSyslog,  // RFC 3164, RFC 5424
  kKlog,    // klog and glog
  kPlain,   // syslog, klog, and text with a time and a level at its beginning
  kRegex,   // the source's own expression
};

struct ParserOptions {
  ParserKind kind = ParserKind::kAuto;
  std::string regex = {};                     // kRegex only: an RE2 expression that is searched in the line
  std::optional<FieldSelection> fields = {};  // not set: none for kAuto and kPlain, all for the others
  std::string time_zone = "UTC";              // IANA's name: of times that name none
  bool severity_from_status = false;          // kAuto and kW3c only: HTTP's 5xx is ERROR, 4xx WARN, others INFO

  friend bool operator==(const ParserOptions&, const ParserOptions&) = default;
};

}  // namespace sluice::agent
