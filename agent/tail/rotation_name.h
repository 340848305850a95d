// What the name of a rotated file tells.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::agent {

struct RotationName {
  std::string stem;  // what the generations of a file have in common: "app.log"
  uint64_t age = 0;  // larger is older among files of one stem; 0 for the file that is written now
  // The age stands in front of the extension, and is no date: "app.1.log". So do numbers that mean something else
  // ("worker-2.log"): it is a generation's name only if there is a file of which it is one.
  bool is_doubtful = false;
};

// "app.log" (age 0), "app.log.0", "app.log.2.gz" (by their number), "app.log-20261120", "app.log.2026-11-20.3" (by
// date, and what follows it; older than any number); and the same in front of the extension.
RotationName ParseRotationName(std::string_view file_name);

// True if the names of both paths are of generations of one file, wherever they are.
bool SameStem(std::string_view path_a, std::string_view path_b);

// True if the age was told by a date.
bool IsDateAge(uint64_t age);

}  // namespace sluice::agent
