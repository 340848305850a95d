// What every EventLog must do. An engine's own test includes this and instantiates it:
//
//   INSTANTIATE_TEST_SUITE_P(RocksDb, EventLogContractTest, ::testing::Values(LogFactory{"", &MakeLog}),
//                            [](const auto&) { return "Engine"; });
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "collector/log/event_log.h"
#include "collector/log/testing_batches.h"
#include "gtest/gtest.h"

namespace sluice::collector {

// A log on some storage of its own, which outlives it.
class LogUnderTest {
 public:
  virtual ~LogUnderTest() = default;
  virtual EventLog& log() = 0;
  // Ends the log and opens it again on the same storage. Its readers must be gone.
  virtual void Reopen() = 0;
  virtual SimulatedClock& clock() = 0;
};

struct LogFactory {
  std::string name;
  std::function<std::unique_ptr<LogUnderTest>()> make;
};

// Appends and waits for the results.
std::vector<AppendResult> AppendAll(EventLog& log, std::vector<PendingBatch> batches);
AppendResult AppendOne(EventLog& log, const testing::BatchSpec& spec);

// Reads to the end, or until an omission.
std::vector<StoredBatch> ReadAll(LogReader& reader, Omission* omission = nullptr, size_t max_bytes = 1 << 20);
std::vector<StoredBatch> ReadFrom(EventLog& log, Position start);

inline bool AllTopics(std::string_view) { return true; }

// "topic:first_offset" of each.
std::vector<std::string> Names(const std::vector<StoredBatch>& batches);

class EventLogContractTest : public ::testing::TestWithParam<LogFactory> {
 protected:
  EventLogContractTest() : storage_(GetParam().make()) {}
  EventLog& log() { return storage_->log(); }
  LogUnderTest& storage() { return *storage_; }

 private:
  std::unique_ptr<LogUnderTest> storage_;
};

}  // namespace sluice::collector
