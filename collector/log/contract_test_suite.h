// What every EventLog must do. An engine's own test includes this and instantiates it:
//
//   INSTANTIATE_TEST_SUITE_P(RocksDb, EventLogContractTest, ::testing::Values(LogFactory{"", &MakeLog}),
//                            [](const auto&) { return "Engine"; });
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "collector/log/event_log.h"
#include "gtest/gtest.h"

namespace sluice::collector {

// A log on some storage of its own, which outlives it.
class LogUnderTest {
 public:
  virtual ~LogUnderTest() = default;
  virtual EventLog& log() = 0;
  // Ends the log and opens it again on the same storage. Its readers must be gone.
  virtual void Reopen() = 0;
  // An engine that takes the time from elsewhere does not look at it.
  virtual SimulatedClock& clock() = 0;
  // One order over all topics, and batches come back as they were appended: their bytes, how they were cut, when they
  // were appended. An engine that keeps each record by itself puts batches together anew.
  virtual bool keeps_batches() const { return true; }
  // Host, path, source and labels of a batch come back; an engine may be told to leave them out.
  virtual bool keeps_origin() const { return true; }
};

struct LogFactory {
  std::string name;
  std::function<std::unique_ptr<LogUnderTest>()> make;
};

class EventLogContractTest : public ::testing::TestWithParam<LogFactory> {
 protected:
  EventLogContractTest() : storage_(GetParam().make()) {}
  EventLog& log() { return storage_->log(); }
  LogUnderTest& storage() { return *storage_; }

 private:
  std::unique_ptr<LogUnderTest> storage_;
};

}  // namespace sluice::collector
