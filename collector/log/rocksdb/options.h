// How the RocksDB engine is set up.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace rocksdb {
class Env;
}  // namespace rocksdb

namespace sluice::collector {

struct Retention {
  // Of each topic: bytes of its batches, and age since they were appended.
  uint64_t bytes = uint64_t{10} << 30;
  absl::Duration age = absl::Hours(7 * 24);
};

// A file's watermark is forgotten when nothing of the file was appended for the retention's age and this.
inline constexpr absl::Duration kWatermarkGrace = absl::Hours(30 * 24);

struct RocksDbOptions {
  // Made if it is missing; the database lies in its sub-directory `log`. One process at a time.
  std::string data_dir;
  Retention retention;
  // Batches of further topics are rejected.
  uint32_t topics_max = 10'000;
  // The newest batches, kept in memory for readers at the head.
  size_t tail_bytes = size_t{32} << 20;
  // Requests are committed together up to about this size.
  size_t commit_bytes_max = size_t{8} << 20;
  // With less free space in data_dir, or less than an eighth of its file system, nothing is appended until there is
  // more. Opening the database again takes up to 120 MiB, for tables of what was in memory.
  uint64_t free_bytes_min = uint64_t{192} << 20;
  // How often space is looked for while there is none.
  absl::Duration retry_interval = absl::Milliseconds(500);
  // How often the retention is applied.
  absl::Duration retention_interval = absl::Seconds(1);
  // Told how long each commit took, from the oldest of its requests to durable; on the log's writer thread.
  std::function<void(double seconds)> on_commit = [](double) {};

  // For tests: another file system for RocksDB, and another word for the free space.
  rocksdb::Env* env = nullptr;
  struct Space {
    uint64_t free_bytes = 0;
    uint64_t capacity_bytes = 0;
  };
  std::function<absl::StatusOr<Space>()> space;
};

}  // namespace sluice::collector
