// Payment card numbers. Pure.
#pragma once

#include <cstddef>
#include <string_view>

namespace sluice::agent {

// The length of the card number that `text`, which begins with a digit, begins with; 0 if there is none. `digits`: how
// many digits `text` begins with.
size_t CardNumberLength(std::string_view text, size_t digits);

}  // namespace sluice::agent
