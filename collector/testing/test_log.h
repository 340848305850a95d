// A real log in a directory of its own, for tests.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "collector/log/event_log.h"
#include "collector/log/rocksdb/rocksdb_log.h"
#include "sluice/v1/log.pb.h"

namespace sluice::collector::testing {

// An empty directory that is removed at the end.
class TempDirectory {
 public:
  TempDirectory();
  ~TempDirectory();
  TempDirectory(const TempDirectory&) = delete;
  TempDirectory& operator=(const TempDirectory&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

class TestLog {
 public:
  explicit TestLog(uint32_t topics_max = 1000);
  EventLog* get() { return log_.get(); }
  // Waits until it is stored.
  AppendResult Append(const v1::LogBatch& batch);
  RocksDbLog* rocksdb() { return log_.get(); }

 private:
  TempDirectory directory_;
  std::unique_ptr<RocksDbLog> log_;
};

}  // namespace sluice::collector::testing
