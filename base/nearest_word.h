// "Did you mean …?"
#pragma once

#include <string_view>
#include <vector>

namespace sluice {

// The candidate nearest to `word`, or empty if none is near.
std::string_view NearestWord(std::string_view word, const std::vector<std::string_view>& candidates);

}  // namespace sluice
