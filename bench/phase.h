// What the micro benchmarks of the log share: the wall and CPU time of a phase, and errors that end the run.
#pragma once

#include <sys/resource.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "absl/status/status.h"
#include "base/clock.h"

namespace sluice {

inline double CpuSeconds() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
}

inline long PeakRssMiB() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss / 1024;
}

// Wall and CPU time from its construction on.
class Phase {
 public:
  Phase() : wall_(Now()), cpu_(CpuSeconds()) {}
  void Print(const char* name, uint64_t records) const {
    const double wall = Now() - wall_;
    const double cpu = CpuSeconds() - cpu_;
    const auto n = static_cast<double>(records);
    std::printf("%-34s %10.0f records  wall %6.3f s (%5.2f M/s)  cpu %6.3f us/record  peak rss %ld MiB\n", name, n,
                wall, n / wall / 1e6, cpu / n * 1e6, PeakRssMiB());
  }

 private:
  static double Now() { return static_cast<double>(SystemClock()->MonotonicNanos()) * 1e-9; }
  const double wall_;
  const double cpu_;
};

inline void Require(const absl::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  std::exit(1);
}

}  // namespace sluice
