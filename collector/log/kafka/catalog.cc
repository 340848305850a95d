#include "collector/log/kafka/catalog.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace sluice::collector::kafka {

void Catalog::Resize(Entry* entry, int32_t partitions) {
  entry->first.resize(static_cast<size_t>(partitions), 0);
  entry->end.resize(static_cast<size_t>(partitions), 0);
  ++version_;
}

bool Catalog::Replace(const std::map<std::string, int32_t>& all) {
  MutexLock lock(&mutex_);
  std::map<std::string, Entry, std::less<>> kept;
  bool news = false;
  for (const auto& [name, partitions] : all) {
    const std::optional<std::string_view> topic = names_->FromKafka(name);
    if (!topic.has_value()) continue;
    Entry& entry = kept[std::string(*topic)];
    if (const auto old = topics_.find(*topic); old != topics_.end()) entry = std::move(old->second);
    if (entry.end.size() == static_cast<size_t>(partitions)) continue;
    Resize(&entry, partitions);
    news = true;
  }
  if (kept.size() != topics_.size()) ++version_;
  topics_ = std::move(kept);
  return news;
}

void Catalog::Add(std::string_view topic, int32_t partitions) {
  MutexLock lock(&mutex_);
  Entry& entry = topics_[std::string(topic)];
  if (entry.end.size() != static_cast<size_t>(partitions)) Resize(&entry, partitions);
}

std::vector<Catalog::Topic> Catalog::Topics() const {
  MutexLock lock(&mutex_);
  std::vector<Topic> topics;
  topics.reserve(topics_.size());
  for (const auto& [name, entry] : topics_) topics.push_back({name, static_cast<int32_t>(entry.end.size())});
  return topics;
}

int32_t Catalog::PartitionsOf(std::string_view topic) const {
  MutexLock lock(&mutex_);
  const auto entry = topics_.find(topic);
  return entry == topics_.end() ? 0 : static_cast<int32_t>(entry->second.end.size());
}

std::vector<TopicPartition> Catalog::Partitions() const {
  MutexLock lock(&mutex_);
  std::vector<TopicPartition> partitions;
  for (const auto& [name, entry] : topics_) {
    for (size_t i = 0; i < entry.end.size(); ++i) {
      partitions.push_back({names_->ToKafka(name), static_cast<int32_t>(i)});
    }
  }
  return partitions;
}

uint64_t Catalog::version() const {
  MutexLock lock(&mutex_);
  return version_;
}

Catalog::Entry* Catalog::Find(const TopicPartition& partition) {
  const std::optional<std::string_view> topic = names_->FromKafka(partition.topic);
  if (!topic.has_value()) return nullptr;
  const auto entry = topics_.find(*topic);
  if (entry == topics_.end() || static_cast<size_t>(partition.partition) >= entry->second.end.size()) return nullptr;
  return &entry->second;
}

void Catalog::NoteEnd(const TopicPartition& partition, int64_t end) {
  MutexLock lock(&mutex_);
  if (Entry* entry = Find(partition); entry != nullptr) {
    int64_t& known = entry->end[static_cast<size_t>(partition.partition)];
    known = std::max(known, end);
  }
}

int64_t Catalog::KnownEnd(const TopicPartition& partition) const {
  MutexLock lock(&mutex_);
  const Entry* entry = const_cast<Catalog*>(this)->Find(partition);
  return entry == nullptr ? 0 : entry->end[static_cast<size_t>(partition.partition)];
}

void Catalog::NoteOffsets(const std::map<TopicPartition, int64_t>& first, const std::map<TopicPartition, int64_t>& end,
                          const std::map<TopicPartition, int64_t>& before) {
  MutexLock lock(&mutex_);
  for (const auto& [partition, offset] : first) {
    if (Entry* entry = Find(partition)) entry->first[static_cast<size_t>(partition.partition)] = offset;
  }
  for (const auto& [partition, offset] : end) {
    Entry* entry = Find(partition);
    if (entry == nullptr) continue;
    int64_t& known = entry->end[static_cast<size_t>(partition.partition)];
    // Lower than what is known: something was delivered since, or else the topic was made anew.
    const auto old = before.find(partition);
    const bool delivered_since = old == before.end() || old->second != known;
    known = delivered_since ? std::max(known, offset) : offset;
  }
}

std::map<TopicPartition, int64_t> Catalog::KnownEnds() const {
  MutexLock lock(&mutex_);
  std::map<TopicPartition, int64_t> ends;
  for (const auto& [name, entry] : topics_) {
    for (size_t i = 0; i < entry.end.size(); ++i) {
      ends[{names_->ToKafka(name), static_cast<int32_t>(i)}] = entry.end[i];
    }
  }
  return ends;
}

Catalog::Size Catalog::SizeOf(std::string_view topic) const {
  MutexLock lock(&mutex_);
  Size size;
  const auto entry = topics_.find(topic);
  if (entry == topics_.end()) return size;
  for (size_t i = 0; i < entry->second.end.size(); ++i) {
    const int64_t messages = entry->second.end[i] - entry->second.first[i];
    size.messages += static_cast<uint64_t>(std::max<int64_t>(messages, 0));
    size.appended += static_cast<uint64_t>(entry->second.end[i]);
  }
  return size;
}

uint64_t Catalog::CountBehind(std::string_view topic,
                              const std::function<int64_t(int32_t partition)>& offset_of) const {
  MutexLock lock(&mutex_);
  uint64_t count = 0;
  const auto entry = topics_.find(topic);
  if (entry == topics_.end()) return count;
  for (size_t i = 0; i < entry->second.end.size(); ++i) {
    const int64_t from = std::max(offset_of(static_cast<int32_t>(i)), entry->second.first[i]);
    count += static_cast<uint64_t>(std::max<int64_t>(entry->second.end[i] - from, 0));
  }
  return count;
}

}  // namespace sluice::collector::kafka
