// The embedded event log: RocksDB on a local disk.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "collector/log/event_log.h"
#include "collector/log/rocksdb/options.h"

namespace sluice::collector {

//   RocksDbOptions options;
//   options.data_dir = "/var/lib/sluice/collector";
//   SLUICE_ASSIGN_OR_RETURN(std::unique_ptr<RocksDbLog> log, RocksDbLog::Open(options, SystemClock()));
//
// Thread-safe.
class RocksDbLog final : public EventLog {
 public:
  // FailedPrecondition if the directory cannot be used (in use, not Sluice's, another format), DataLoss if what is in
  // it is damaged; the text names the directory and what to do.
  static absl::StatusOr<std::unique_ptr<RocksDbLog>> Open(RocksDbOptions options, const Clock* clock);
  ~RocksDbLog() override;

  void Append(std::vector<PendingBatch> batches, AppendDone done) override;
  absl::StatusOr<std::vector<v1::FileWatermark>> Watermarks(std::string_view agent) override;
  std::vector<std::string> Agents() override;
  std::vector<TopicInfo> Topics() override;
  std::unique_ptr<LogReader> NewReader(Position start, std::function<bool(std::string_view)> topic_matches) override;
  Position Begin() override;
  Position End() override;
  Position AtAppendTime(int64_t unix_nano) override;
  std::string FormatCursor(Position position) const override;
  absl::StatusOr<Position> ParseCursor(std::string_view cursor) const override;
  uint64_t AddListener(std::function<void(const std::vector<StoredBatch>&)> on_append) override;
  void RemoveListener(uint64_t id) override;
  absl::StatusOr<std::optional<uint64_t>> CountRecords(
      const Position& position, const std::function<bool(std::string_view)>& topic_matches) override;
  GroupStore* group_store() override;
  absl::Status Health() override;
  void Stop() override;

  // Applies the retention now and waits for it; it is applied every second anyway.
  void ApplyRetention();
  // How many reads were not served from memory.
  uint64_t disk_reads() const { return disk_reads_; }

 private:
  struct Parts;
  RocksDbLog();

  std::atomic<uint64_t> disk_reads_{0};
  std::unique_ptr<Parts> parts_;
};

}  // namespace sluice::collector
