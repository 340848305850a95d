// The contract of EventLog, for this engine: with everything in memory, with everything on disk, and with both.
#include <filesystem>
#include <memory>
#include <string>

#include "collector/log/contract_test_suite.h"
#include "collector/log/rocksdb/rocksdb_log.h"
#include "collector/log/rocksdb/testing_directory.h"

namespace sluice::collector {
namespace {

class RocksDbUnderTest final : public LogUnderTest {
 public:
  explicit RocksDbUnderTest(size_t tail_bytes) {
    options_.data_dir = directory_.path();
    options_.tail_bytes = tail_bytes;
    Reopen();
  }
  EventLog& log() override { return *log_; }
  void Reopen() override {
    log_.reset();
    auto log = RocksDbLog::Open(options_, &clock_);
    EXPECT_TRUE(log.ok()) << log.status();
    log_ = *std::move(log);
  }
  SimulatedClock& clock() override { return clock_; }

 private:
  testing::Directory directory_;
  SimulatedClock clock_;
  RocksDbOptions options_;
  std::unique_ptr<RocksDbLog> log_;
};

LogFactory WithTail(std::string name, size_t tail_bytes) {
  return {std::move(name), [tail_bytes] { return std::make_unique<RocksDbUnderTest>(tail_bytes); }};
}

INSTANTIATE_TEST_SUITE_P(RocksDb, EventLogContractTest,
                         ::testing::Values(WithTail("InMemory", 32 << 20), WithTail("OnDisk", 0),
                                           WithTail("HalfAndHalf", 4096)),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace sluice::collector
