// Reading from a descriptor that is no file of ours: standard input.
#pragma once

#include <cstddef>

#include "absl/status/statusor.h"

namespace sluice {

// What is there, `size` bytes at most; waits if there is nothing. 0: the end.
absl::StatusOr<size_t> ReadSome(int descriptor, char* buffer, size_t size);

}  // namespace sluice
