// Keeps some of the disk free: RocksDB needs room to tidy up, and a full disk hurts more than the collector.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "collector/log/rocksdb/options.h"

namespace sluice::collector {

// Thread-safe.
class SpaceGuard {
 public:
  SpaceGuard(const RocksDbOptions& options, std::string directory);

  // ResourceExhausted if less than the minimum would be left after writing `bytes`; from then on until there is a
  // quarter more, so that it does not change its mind with every table that RocksDB tidies away. Fine if nobody can
  // tell.
  absl::Status Check(uint64_t bytes) const;

 private:
  absl::StatusOr<RocksDbOptions::Space> Look() const;

  const std::string directory_;
  const uint64_t free_bytes_min_;
  const std::function<absl::StatusOr<RocksDbOptions::Space>()> space_;
  mutable std::atomic<bool> short_{false};
};

}  // namespace sluice::collector
