// A place in a file.
#pragma once

#include <cstdint>

#include "sluice/v1/log.pb.h"

namespace sluice::agent {

// A place in a file, and the hash of the up to kFrontierBytes before it, by which the place is known again.
struct Mark {
  uint64_t offset = 0;
  v1::ContentHash frontier;
};

}  // namespace sluice::agent
