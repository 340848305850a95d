// Lines of klog and glog: I1120 09:15:39.123456   12345 main.go:42] "Pod started" pod="kube-system/x"
#pragma once

#include <string_view>

#include "agent/parse/field_selection.h"
#include "agent/parse/parsed_line.h"
#include "agent/parse/timestamp.h"

namespace sluice::agent {

// Fills in the time, the severity and the wanted ones of these attributes: thread_id, file, line, and the pairs of a
// structured message, as logfmt's. Returns what is wrong with the line, or an empty text.
std::string_view ParseKlog(std::string_view line, const FieldSelection& fields, TimeReader* times, ParsedLine* out);

}  // namespace sluice::agent
