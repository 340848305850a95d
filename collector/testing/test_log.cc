#include "collector/testing/test_log.h"

#include <cstdlib>
#include <filesystem>
#include <future>
#include <iostream>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "collector/log/testing_batches.h"
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

AppendResult TestLog::Append(const v1::LogBatch& batch) {
  std::vector<PendingBatch> batches;
  batches.push_back(Pend(batch));
  // Shared: it may be gone from here while the log's thread is still in set_value.
  auto done = std::make_shared<std::promise<AppendResult>>();
  log_->Append(std::move(batches), [done](const std::vector<AppendResult>& results) { done->set_value(results[0]); });
  return done->get_future().get();
}

}  // namespace sluice::collector::testing
