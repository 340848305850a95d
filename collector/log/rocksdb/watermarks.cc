#include "collector/log/rocksdb/watermarks.h"

#include <memory>
#include <optional>
#include <utility>

#include "base/status.h"
#include "base/strings.h"
#include "collector/log/rocksdb/keys.h"
#include "collector/log/rocksdb/values.h"

namespace sluice::collector {
namespace {

// About 150 bytes each.
constexpr size_t kRememberedMax = 65'536;

bool HasAny(const Database::Session& session, std::string_view agent) {
  const std::unique_ptr<rocksdb::Iterator> it(session.db()->NewIterator({}, session.watermarks()));
  it->Seek(keys::WatermarkPrefix(agent));
  return it->Valid() && keys::WatermarkAgent(ToView(it->key())) == agent;
}

}  // namespace

absl::Status WatermarkStore::Load(const Database::Session& session) {
  young_.clear();
  old_.clear();
  const std::unique_ptr<rocksdb::Iterator> it(session.db()->NewIterator({}, session.watermarks()));
  MutexLock lock(&mutex_);
  agents_.clear();
  it->SeekToFirst();
  while (it->Valid()) {
    const std::string agent(keys::WatermarkAgent(ToView(it->key())));
    if (agent.empty()) return DataLoss("the key of a watermark is damaged");
    agents_.insert(agent);
    it->Seek(keys::WatermarkEnd(agent));
  }
  return FromRocksDb(it->status(), "read the watermarks");
}

absl::StatusOr<uint64_t> WatermarkStore::EndOffset(const Database::Session& session, const std::string& key) {
  if (const auto found = young_.find(key); found != young_.end()) return found->second;
  uint64_t end_offset = 0;
  if (const auto found = old_.find(key); found != old_.end()) {
    end_offset = found->second;
  } else {
    std::string stored;
    const rocksdb::Status status = session.db()->Get({}, session.watermarks(), key, &stored);
    if (!status.ok() && !status.IsNotFound()) return FromRocksDb(status, "read a watermark");
    if (status.ok()) {
      const std::optional<WatermarkValue> value = WatermarkValue::Decode(stored);
      const std::optional<uint64_t> end =
          value.has_value() ? WatermarkValue::EndOffset(value->watermark) : std::nullopt;
      if (!end.has_value()) return DataLoss("a stored watermark is damaged");
      end_offset = *end;
    }
  }
  if (young_.size() >= kRememberedMax / 2) old_ = std::exchange(young_, {});
  young_[key] = end_offset;
  return end_offset;
}

void WatermarkStore::Committed(const std::string& key, uint64_t end_offset) {
  young_[key] = end_offset;
  const std::string_view agent = keys::WatermarkAgent(key);
  MutexLock lock(&mutex_);
  if (agents_.find(agent) == agents_.end()) agents_.emplace(agent);
}

void WatermarkStore::Deleted(const Database::Session& session, const std::string& key) {
  young_.erase(key);
  old_.erase(key);
  const std::string_view agent = keys::WatermarkAgent(key);
  if (HasAny(session, agent)) return;
  MutexLock lock(&mutex_);
  if (const auto found = agents_.find(agent); found != agents_.end()) agents_.erase(found);
}

absl::StatusOr<std::vector<v1::FileWatermark>> WatermarkStore::Of(std::string_view agent) const {
  SLUICE_ASSIGN_OR_RETURN(const Database::Session session, database_.Enter());
  std::vector<v1::FileWatermark> watermarks;
  const std::unique_ptr<rocksdb::Iterator> it(session.db()->NewIterator({}, session.watermarks()));
  const std::string prefix = keys::WatermarkPrefix(agent);
  for (it->Seek(prefix); it->Valid() && it->key().starts_with(prefix); it->Next()) {
    const std::optional<WatermarkValue> value = WatermarkValue::Decode(ToView(it->value()));
    v1::FileWatermark& watermark = watermarks.emplace_back();
    if (!value.has_value() ||
        !watermark.ParseFromArray(value->watermark.data(), static_cast<int>(value->watermark.size()))) {
      return DataLoss("a stored watermark of agent ", agent, " is damaged");
    }
  }
  SLUICE_RETURN_IF_ERROR(FromRocksDb(it->status(), StrCat("read the watermarks of agent ", agent)));
  return watermarks;
}

std::vector<std::string> WatermarkStore::Agents() const {
  MutexLock lock(&mutex_);
  return std::vector<std::string>(agents_.begin(), agents_.end());
}

absl::StatusOr<std::vector<std::string>> WatermarkStore::OlderThan(int64_t append_unix_nano,
                                                                   std::string_view agent_prefix,
                                                                   size_t keys_max) const {
  SLUICE_ASSIGN_OR_RETURN(const Database::Session session, database_.Enter());
  std::vector<std::string> old;
  const std::unique_ptr<rocksdb::Iterator> it(session.db()->NewIterator({}, session.watermarks()));
  const rocksdb::Slice prefix(agent_prefix.data(), agent_prefix.size());
  for (it->Seek(prefix); it->Valid() && it->key().starts_with(prefix) && old.size() < keys_max; it->Next()) {
    const std::optional<WatermarkValue> value = WatermarkValue::Decode(ToView(it->value()));
    if (value.has_value() && value->append_unix_nano < append_unix_nano) old.push_back(it->key().ToString());
  }
  SLUICE_RETURN_IF_ERROR(FromRocksDb(it->status(), "look for old watermarks"));
  return old;
}

}  // namespace sluice::collector
