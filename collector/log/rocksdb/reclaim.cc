#include "collector/log/rocksdb/reclaim.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/log.h"
#include "base/status.h"
#include "collector/log/rocksdb/keys.h"
#include "collector/log/rocksdb/values.h"
#include "rocksdb/convenience.h"
#include "rocksdb/metadata.h"

namespace sluice::collector {
namespace {

// Less is not worth the work.
constexpr uint64_t kGarbageBytesMin = uint64_t{64} << 20;
constexpr uint64_t kGarbageShare = 4;
// A table with a smaller part of garbage is left as it is.
constexpr uint64_t kTableGarbageShare = 5;

class DroppedFilter final : public rocksdb::CompactionFilter {
 public:
  explicit DroppedFilter(std::shared_ptr<const DroppedFilterFactory::Dropped> dropped) : dropped_(std::move(dropped)) {}

  Decision FilterV2(int, const rocksdb::Slice& key, ValueType, const rocksdb::Slice&, std::string*,
                    std::string*) const override {
    const std::optional<keys::Batch> batch = keys::DecodeBatch(ToView(key));
    const bool gone =
        batch.has_value() && batch->topic < dropped_->size() && batch->sequence <= (*dropped_)[batch->topic];
    return gone ? Decision::kRemove : Decision::kKeep;
  }
  const char* Name() const override { return "sluice.DroppedBatches"; }

 private:
  const std::shared_ptr<const DroppedFilterFactory::Dropped> dropped_;
};

// But for those that are being written or moved at the moment.
absl::Status DeleteTablesBefore(const Database::Session& session, uint64_t sequence) {
  const std::string end = keys::EncodeBatch(sequence, 0);
  const rocksdb::Slice end_slice(end);
  const rocksdb::RangePtr range(nullptr, &end_slice);
  return FromRocksDb(rocksdb::DeleteFilesInRanges(session.db(), session.batches(), &range, 1, /*include_end=*/false),
                     "delete old tables");
}

}  // namespace

void DroppedFilterFactory::Set(std::shared_ptr<const Dropped> dropped) {
  MutexLock lock(&mutex_);
  dropped_ = std::move(dropped);
}

std::unique_ptr<rocksdb::CompactionFilter> DroppedFilterFactory::CreateCompactionFilter(
    const rocksdb::CompactionFilter::Context& context) {
  MutexLock lock(&mutex_);
  if (!context.is_manual_compaction || dropped_ == nullptr) return nullptr;
  return std::make_unique<DroppedFilter>(dropped_);
}

absl::Status Reclaimer::Run(const Database::Session& session, uint64_t first_sequence) {
  SLUICE_RETURN_IF_ERROR(DeleteTablesBefore(session, first_sequence));
  std::vector<Table> tables = Tables(session);
  uint64_t on_disk = 0;
  for (const Table& table : tables) on_disk += table.bytes;
  uint64_t kept = 0;
  topics_.ForEach([&kept](uint32_t, const Topic& topic) { kept += topic.bytes(); });
  const uint64_t garbage = on_disk > kept ? on_disk - kept : 0;
  if (garbage < garbage_left_) garbage_left_ = garbage;
  const uint64_t worth = std::max(kGarbageBytesMin, kept / kGarbageShare);
  if (garbage <= worth || garbage - garbage_left_ <= worth / 2) return absl::OkStatus();
  SLUICE_RETURN_IF_ERROR(CountLive(session, &tables));
  SLUICE_RETURN_IF_ERROR(RewriteWorst(session, std::move(tables)));
  uint64_t left = 0;
  for (const Table& table : Tables(session)) left += table.bytes;
  garbage_left_ = left > kept ? left - kept : 0;
  log::Debug("log", "reclaimed disk space", {{"garbage_bytes", garbage}, {"left_bytes", garbage_left_}});
  return absl::OkStatus();
}

std::vector<Reclaimer::Table> Reclaimer::Tables(const Database::Session& session) const {
  rocksdb::ColumnFamilyMetaData meta;
  session.db()->GetColumnFamilyMetaData(session.batches(), &meta);
  std::vector<Table> tables;
  for (const rocksdb::LevelMetaData& level : meta.levels) {
    for (const rocksdb::SstFileMetaData& file : level.files) {
      const std::optional<keys::Batch> last = keys::DecodeBatch(file.largestkey);
      if (!last.has_value()) continue;
      tables.push_back({file.smallestkey, file.largestkey, last->sequence, file.size});
    }
  }
  std::sort(tables.begin(), tables.end(), [](const Table& a, const Table& b) { return a.first_key < b.first_key; });
  return tables;
}

absl::Status Reclaimer::CountLive(const Database::Session& session, std::vector<Table>* tables) const {
  rocksdb::ReadOptions options;
  options.fill_cache = false;
  const std::unique_ptr<rocksdb::Iterator> it(session.db()->NewIterator(options, session.index()));
  for (it->SeekToFirst(); it->Valid() && !stop_; it->Next()) {
    const std::optional<keys::Index> key = keys::DecodeIndex(ToView(it->key()));
    const std::optional<IndexEntry> entry = IndexEntry::Decode(ToView(it->value()));
    if (!key.has_value() || !entry.has_value()) return DataLoss("the index is damaged");
    const auto table = std::partition_point(tables->begin(), tables->end(),
                                            [&key](const Table& t) { return t.last_sequence < key->sequence; });
    if (table != tables->end()) table->live_bytes += entry->bytes;
  }
  return FromRocksDb(it->status(), "read the index");
}

absl::Status Reclaimer::RewriteWorst(const Database::Session& session, std::vector<Table> tables) {
  auto dropped = std::make_shared<DroppedFilterFactory::Dropped>();
  topics_.ForEach([&dropped](uint32_t, const Topic& topic) { dropped->push_back(topic.dropped.through_sequence); });
  filter_.Set(std::move(dropped));
  std::sort(tables.begin(), tables.end(), [](const Table& a, const Table& b) { return a.garbage() > b.garbage(); });
  for (const Table& table : tables) {
    if (stop_) break;
    // A compaction that meets damage would stop all writing.
    if (table.garbage() < table.bytes / kTableGarbageShare || !IsReadable(session, table)) continue;
    rocksdb::CompactRangeOptions options;
    options.exclusive_manual_compaction = false;
    options.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForceOptimized;
    options.canceled = &stop_;
    const rocksdb::Slice first(table.first_key);
    const rocksdb::Slice last(table.last_key);
    const rocksdb::Status status = session.db()->CompactRange(options, session.batches(), &first, &last);
    if (status.IsIncomplete()) break;  // stopped
    SLUICE_RETURN_IF_ERROR(FromRocksDb(status, "write a table again"));
  }
  return absl::OkStatus();
}

bool Reclaimer::IsReadable(const Database::Session& session, const Table& table) const {
  rocksdb::ReadOptions options;
  options.fill_cache = false;
  const std::unique_ptr<rocksdb::Iterator> it(session.db()->NewIterator(options, session.batches()));
  for (it->Seek(table.first_key); it->Valid() && !stop_; it->Next()) {
    if (it->key().compare(table.last_key) > 0) break;
  }
  return it->status().ok();
}

}  // namespace sluice::collector
