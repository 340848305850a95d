// Consumer groups in the embedded log's database.
#pragma once

#include "collector/log/group_store.h"
#include "collector/log/rocksdb/database.h"

namespace sluice::collector {

// Each group is one key of the column family `default`. Thread-safe.
class RocksDbGroupStore final : public GroupStore {
 public:
  explicit RocksDbGroupStore(const Database& database) : database_(database) {}

  absl::StatusOr<std::vector<std::pair<std::string, std::string>>> Load() override;
  absl::Status Save(std::string_view group, std::string_view state) override;
  absl::Status Remove(std::string_view group) override;

 private:
  const Database& database_;
};

}  // namespace sluice::collector
