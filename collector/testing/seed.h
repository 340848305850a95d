// Where a random test begins.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>

namespace sluice::collector::testing {

// SLUICE_SEED, or a new one. SCOPED_TRACE it.
struct Seed {
  Seed()
      : value(std::getenv("SLUICE_SEED") != nullptr ? std::stoul(std::getenv("SLUICE_SEED")) : std::random_device()()) {
  }
  std::string ToString() const { return "SLUICE_SEED=" + std::to_string(value); }
  const uint32_t value;
};

}  // namespace sluice::collector::testing
