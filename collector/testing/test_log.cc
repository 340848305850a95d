#include "collector/testing/test_log.h"

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <utility>

#include "base/clock.h"
#include "gtest/gtest.h"

namespace sluice::collector::testing {

TempDirectory::TempDirectory() : path_(::testing::TempDir() + "/sluice-XXXXXX") {
  if (mkdtemp(path_.data()) == nullptr) std::abort();
}

TempDirectory::~TempDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

TestLog::TestLog(uint32_t topics_max) {
  RocksDbOptions options;
  options.topics_max = topics_max;
  options.data_dir = directory_.path();
  auto log = RocksDbLog::Open(std::move(options), SystemClock());
  if (!log.ok()) {
    std::cerr << log.status() << "\n";
    std::abort();
  }
  log_ = *std::move(log);
}

}  // namespace sluice::collector::testing
