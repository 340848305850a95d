// XXH3, the hash of everything we store or compare.
#pragma once

#include <cstdint>
#include <string_view>

namespace sluice {

uint64_t Xxh3(std::string_view bytes);

}  // namespace sluice
