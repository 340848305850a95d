// The seed of a randomised test: a new one for each run, or SLUICE_SEED to see a failure again.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>

namespace sluice {

//   const uint64_t seed = TestSeed();
//   SCOPED_TRACE(StrCat("SLUICE_SEED=", seed));
inline uint64_t TestSeed() {
  const char* const given = std::getenv("SLUICE_SEED");
  return given != nullptr && *given != '\0' ? std::stoull(given) : std::random_device()();
}

}  // namespace sluice
