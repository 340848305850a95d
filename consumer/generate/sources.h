// The kinds of line sources, one a file.
#pragma once

#include <cstdint>
#include <memory>

#include "consumer/generate/line_source.h"

namespace sluice::generate {

std::unique_ptr<LineSource> NewAppLines(uint64_t seed);
std::unique_ptr<LineSource> NewJsonLines(uint64_t seed);
std::unique_ptr<LineSource> NewAccessLines(uint64_t seed, bool latency);

}  // namespace sluice::generate
