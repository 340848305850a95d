// The settings of RocksDB itself.
#pragma once

#include <memory>
#include <vector>

#include "collector/log/rocksdb/options.h"
#include "rocksdb/compaction_filter.h"
#include "rocksdb/db.h"

namespace sluice::collector {

rocksdb::DBOptions MakeDbOptions(const RocksDbOptions& options);

// `default`, `batches`, `index`, `watermarks`, in this order.
std::vector<rocksdb::ColumnFamilyDescriptor> MakeColumnFamilies(
    std::shared_ptr<rocksdb::CompactionFilterFactory> batches_filter);

}  // namespace sluice::collector
