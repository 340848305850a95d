// LogReader over memory and disk.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "collector/log/event_log.h"
#include "collector/log/rocksdb/database.h"
#include "collector/log/rocksdb/disk_scan.h"
#include "collector/log/rocksdb/tail_cache.h"
#include "collector/log/rocksdb/topics.h"

namespace sluice::collector {

// Reads from the tail if its position lies there, otherwise from disk up to where the tail began when the scan set out.
class RocksDbReader final : public LogReader {
 public:
  // `disk_reads` counts the reads that had to go to RocksDB.
  RocksDbReader(const Database& database, const TopicTable& topics, const TailCache& tail,
                std::atomic<uint64_t>* disk_reads, Position start, std::function<bool(std::string_view)> topic_matches);

  absl::Status Read(size_t max_bytes, std::vector<StoredBatch>* out, Omission* omission) override;
  Position position() const override { return position_; }
  Position PositionAfter(size_t batch, uint32_t records) const override;
  uint32_t passed_records() const override { return passed_records_; }

 private:
  bool Matches(uint32_t topic);
  // Asks about the topics that are new.
  void LearnTopics();
  void StartScan(uint64_t end);
  absl::Status ReadScan(size_t max_bytes, std::vector<StoredBatch>* out, Omission* omission);
  void ReadTail(const TailCache::View& view, size_t max_bytes, std::vector<StoredBatch>* out);
  // Everything before `sequence` is read.
  void MoveTo(uint64_t sequence);
  // Remembers what the batches from `begin` on are, for PositionAfter.
  void Note(const std::vector<StoredBatch>& out, size_t begin);

  const TopicTable& topics_;
  const TailCache& tail_;
  std::atomic<uint64_t>* const disk_reads_;
  const std::function<bool(std::string_view)> topic_matches_;
  std::vector<bool> matches_;  // by topic id
  const Position start_;
  Position position_;
  struct Given {
    uint64_t sequence;
    uint32_t records;
  };
  std::vector<Given> given_;  // by the last Read
  uint32_t passed_records_ = 0;
  DiskScan scan_;
  bool scanning_ = false;
};

}  // namespace sluice::collector
