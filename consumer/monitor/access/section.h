// The section of a site that a request asks for: the first part of its path.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sluice::monitor {

inline constexpr size_t kSectionBytesMax = 128;  // longer ones are cut
inline constexpr std::string_view kNoSection = "-";

// "/pages" for /pages/create/x, //pages?q=1, /pages;id=7, http://example.org/pages/x and /%70ages; "/" for /, /?q and
// http://example.org; "*" for OPTIONS's *; "-" for what asks for no path (CONNECT's host:443, nothing).
//
// Of percent-encodings those are decoded that mean nothing (%70 is p), the others are spelled in capitals: %2f is no
// slash that divides. "./" at the front is left out. `scratch` is where a section lies that the target does not have as
// it stands; the view lives as long as both.
std::string_view SectionOf(std::string_view target, std::string* scratch);

}  // namespace sluice::monitor
