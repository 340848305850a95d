// A slow and simple matcher to test glob.cc against: backtracking, straight from the definition in glob.h. Bytes only.
#pragma once

#include <string_view>

namespace sluice {

// `pattern` must compile, and both be ASCII.
bool OracleMatches(std::string_view pattern, std::string_view text, bool path);

}  // namespace sluice
