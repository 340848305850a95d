// System calls that a signal interrupts, as on slow file systems: for tests that link this.
#pragma once

#include <cstdint>

namespace sluice {

// While one lives, this thread's calls to open, pread, write, statx, fsync and fdatasync fail with EINTR now and then,
// and pread and write do a part of what they are asked for: `percent` of the calls each. One at a time a thread.
class InterruptedCalls {
 public:
  InterruptedCalls(int percent, uint64_t seed);
  ~InterruptedCalls();
  InterruptedCalls(const InterruptedCalls&) = delete;
  InterruptedCalls& operator=(const InterruptedCalls&) = delete;
  // So many did, up to now, in this thread.
  static uint64_t count();
};

}  // namespace sluice
