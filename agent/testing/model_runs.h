// The runs of a model test: many seeds in `./dev test`, more in `./dev test --long`, one to see a failure again.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <vector>

#include "gtest/gtest.h"

namespace sluice::agent {

// SLUICE_SEED alone, or else as many as SLUICE_MODEL_RUNS says, `count` without it, from SLUICE_MODEL_FIRST on.
inline std::vector<uint64_t> ModelSeeds(uint64_t count) {
  const auto number = [](const char* name, uint64_t otherwise) {
    const char* const given = std::getenv(name);
    return given != nullptr ? std::strtoull(given, nullptr, 10) : otherwise;
  };
  if (std::getenv("SLUICE_SEED") != nullptr) return {number("SLUICE_SEED", 0)};
  std::vector<uint64_t> seeds(number("SLUICE_MODEL_RUNS", count));
  uint64_t next = number("SLUICE_MODEL_FIRST", 1);
  for (uint64_t& seed : seeds) seed = next++;
  return seeds;
}

// Calls run(seed) for each, up to the first that fails.
template <typename Run>
void RunModel(const std::vector<uint64_t>& seeds, Run run) {
  for (const uint64_t seed : seeds) {
    run(seed);
    ASSERT_FALSE(::testing::Test::HasFailure()) << "repeat with SLUICE_SEED=" << seed;
  }
}

}  // namespace sluice::agent
