// Offsets in few bytes: for each topic its name, how many partitions, and an offset (plus one) for each; varints.
#pragma once

#include <string>
#include <string_view>

namespace sluice::collector::kafka {

struct Offsets;

std::string PackOffsets(const Offsets& offsets);
// False if `bytes` is not what PackOffsets makes.
bool UnpackOffsets(std::string_view bytes, Offsets* offsets);

}  // namespace sluice::collector::kafka
