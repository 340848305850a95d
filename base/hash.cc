#include "base/hash.h"

#include <xxhash.h>

namespace sluice {

uint64_t Xxh3(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

}  // namespace sluice
