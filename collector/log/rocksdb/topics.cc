#include "collector/log/rocksdb/topics.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "base/status.h"
#include "base/strings.h"
#include "collector/log/rocksdb/keys.h"

namespace sluice::collector {
namespace {

// Calls `visit` with the topic and the value of every key that begins with `prefix`.
absl::Status ForEachTopicKey(const Database::Session& session, std::string_view prefix,
                             const std::function<absl::Status(uint32_t, std::string_view)>& visit) {
  const std::unique_ptr<rocksdb::Iterator> it(session.db()->NewIterator({}, session.meta()));
  for (it->Seek(ToSlice(prefix)); it->Valid(); it->Next()) {
    const std::optional<uint32_t> id = keys::DecodeTopic(prefix, ToView(it->key()));
    if (!id.has_value()) break;
    SLUICE_RETURN_IF_ERROR(visit(*id, ToView(it->value())));
  }
  return FromRocksDb(it->status(), "read the topics");
}

absl::Status Damaged(uint32_t id) { return DataLoss("what is stored about topic ", id, " is damaged"); }

// Finds the oldest batch that is kept of each topic.
absl::Status FindFirst(const Database::Session& session, std::vector<Topic>* topics) {
  const std::unique_ptr<rocksdb::Iterator> it(session.db()->NewIterator({}, session.index()));
  for (uint32_t id = 0; id < topics->size(); ++id) {
    Topic& topic = (*topics)[id];
    if (topic.appended.last_sequence <= topic.dropped.through_sequence) continue;
    it->Seek(keys::EncodeIndex(id, topic.dropped.through_sequence + 1));
    if (!it->Valid()) {
      SLUICE_RETURN_IF_ERROR(FromRocksDb(it->status(), "read the index"));
      continue;
    }
    const std::optional<keys::Index> key = keys::DecodeIndex(ToView(it->key()));
    const std::optional<IndexEntry> entry = IndexEntry::Decode(ToView(it->value()));
    if (!key.has_value() || !entry.has_value()) return Damaged(id);
    if (key->topic != id) continue;
    topic.first_sequence = key->sequence;
    topic.first_append_unix_nano = entry->append_unix_nano;
  }
  return absl::OkStatus();
}

}  // namespace

uint64_t Topic::RecordsDroppedFrom(uint64_t sequence) const {
  if (dropped.through_sequence < sequence) return 0;
  uint64_t before = 0;
  for (const TopicDropped::Step& step : dropped.steps) {
    if (step.sequence > sequence) break;
    before = step.records_before;
  }
  return dropped.records - before;
}

absl::Status TopicTable::Load(const Database::Session& session) {
  std::vector<Topic> topics;
  SLUICE_RETURN_IF_ERROR(
      ForEachTopicKey(session, keys::kAppendedPrefix, [&topics](uint32_t id, std::string_view value) {
        std::optional<TopicAppended> appended = TopicAppended::Decode(value);
        if (!appended.has_value() || id != topics.size()) return Damaged(id);
        topics.emplace_back().appended = *std::move(appended);
        return absl::OkStatus();
      }));
  SLUICE_RETURN_IF_ERROR(ForEachTopicKey(session, keys::kDroppedPrefix, [&topics](uint32_t id, std::string_view value) {
    std::optional<TopicDropped> dropped = TopicDropped::Decode(value);
    if (!dropped.has_value() || id >= topics.size()) return Damaged(id);
    topics[id].dropped = *std::move(dropped);
    return absl::OkStatus();
  }));
  SLUICE_RETURN_IF_ERROR(FindFirst(session, &topics));
  MutexLock lock(&mutex_);
  topics_ = std::move(topics);
  ids_.clear();
  for (uint32_t id = 0; id < topics_.size(); ++id) ids_[topics_[id].appended.name] = id;
  return absl::OkStatus();
}

uint32_t TopicTable::size() const {
  MutexLock lock(&mutex_);
  return static_cast<uint32_t>(topics_.size());
}

std::optional<uint32_t> TopicTable::Find(std::string_view name) const {
  MutexLock lock(&mutex_);
  const auto found = ids_.find(ToAbsl(name));
  if (found == ids_.end()) return std::nullopt;
  return found->second;
}

Topic TopicTable::Get(uint32_t id) const {
  MutexLock lock(&mutex_);
  return topics_[id];
}

std::vector<TopicInfo> TopicTable::Infos() const {
  std::vector<TopicInfo> infos;
  ForEach([&infos](uint32_t, const Topic& topic) {
    TopicInfo& info = infos.emplace_back();
    info.name = topic.appended.name;
    info.records = topic.records();
    info.bytes = topic.bytes();
    if (topic.first_sequence != 0) {
      info.first_append_unix_nano = topic.first_append_unix_nano;
      info.last_append_unix_nano = topic.appended.last_append_unix_nano;
    }
    info.records_appended = topic.appended.records;
  });
  std::sort(infos.begin(), infos.end(), [](const TopicInfo& a, const TopicInfo& b) { return a.name < b.name; });
  return infos;
}

std::vector<std::string> TopicTable::NamesFrom(uint32_t first_id) const {
  MutexLock lock(&mutex_);
  std::vector<std::string> names;
  for (uint32_t id = first_id; id < topics_.size(); ++id) names.push_back(topics_[id].appended.name);
  return names;
}

uint64_t TopicTable::last_sequence() const {
  uint64_t last = 0;
  ForEach([&last](uint32_t, const Topic& topic) { last = std::max(last, topic.appended.last_sequence); });
  return last;
}

int64_t TopicTable::last_append_unix_nano() const {
  int64_t last = 0;
  ForEach([&last](uint32_t, const Topic& topic) { last = std::max(last, topic.appended.last_append_unix_nano); });
  return last;
}

std::optional<uint64_t> TopicTable::first_sequence() const {
  std::optional<uint64_t> first;
  ForEach([&first](uint32_t, const Topic& topic) {
    if (topic.first_sequence == 0) return;
    first = std::min(first.value_or(topic.first_sequence), topic.first_sequence);
  });
  return first;
}

void TopicTable::ForEach(const std::function<void(uint32_t, const Topic&)>& visit) const {
  MutexLock lock(&mutex_);
  for (uint32_t id = 0; id < topics_.size(); ++id) visit(id, topics_[id]);
}

void TopicTable::ApplyAppended(uint32_t id, TopicAppended appended, uint64_t first_sequence) {
  MutexLock lock(&mutex_);
  if (id == topics_.size()) {
    ids_[appended.name] = id;
    topics_.emplace_back();
  }
  Topic& topic = topics_[id];
  topic.appended = std::move(appended);
  if (topic.first_sequence == 0) {
    topic.first_sequence = first_sequence;
    topic.first_append_unix_nano = topic.appended.last_append_unix_nano;
  }
}

bool TopicTable::ApplyDropped(uint32_t id, TopicDropped dropped, uint64_t first_sequence,
                              int64_t first_append_unix_nano) {
  MutexLock lock(&mutex_);
  Topic& topic = topics_[id];
  if (first_sequence == 0 && topic.appended.last_sequence > dropped.through_sequence) return false;
  topic.dropped = std::move(dropped);
  topic.first_sequence = first_sequence;
  topic.first_append_unix_nano = first_append_unix_nano;
  return true;
}

}  // namespace sluice::collector
