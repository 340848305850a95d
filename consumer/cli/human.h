// Figures for people.
#pragma once

#include <cstdint>
#include <string>

#include "absl/time/time.h"

namespace sluice::cli {

// "1,234,567".
std::string HumanCount(uint64_t count);
// "812 B", "1.2 KiB", "34 GiB".
std::string HumanBytes(uint64_t bytes);
// How long ago: "now", "3s ago", "5m ago", "2h ago", "4d ago"; "in 5s" if the clocks disagree.
std::string HumanAge(absl::Duration age);

}  // namespace sluice::cli
