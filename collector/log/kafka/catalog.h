// Which topics there are, and how far they reach.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"
#include "collector/log/kafka/cluster.h"
#include "collector/log/kafka/names.h"

namespace sluice::collector::kafka {

// Thread-safe.
class Catalog {
 public:
  explicit Catalog(const TopicNames* names) : names_(names) {}

  // All that the cluster has, by Kafka's name. True if a topic or partition is new.
  bool Replace(const std::map<std::string, int32_t>& all);
  // `topic` without the prefix, as the rest of this.
  void Add(std::string_view topic, int32_t partitions);

  struct Topic {
    std::string name;
    int32_t partitions = 0;
  };
  // By name.
  std::vector<Topic> Topics() const;
  // 0: there is no such topic.
  int32_t PartitionsOf(std::string_view topic) const;
  // By Kafka's name of the topic.
  std::vector<TopicPartition> Partitions() const;
  // Grows with every change.
  uint64_t version() const;

  // The partition reaches at least to `end`.
  void NoteEnd(const TopicPartition& partition, int64_t end);
  int64_t KnownEnd(const TopicPartition& partition) const;
  // Where the partitions really begin and end; `before`: what KnownEnds was when that was asked.
  void NoteOffsets(const std::map<TopicPartition, int64_t>& first, const std::map<TopicPartition, int64_t>& end,
                   const std::map<TopicPartition, int64_t>& before);
  std::map<TopicPartition, int64_t> KnownEnds() const;
  struct Size {
    uint64_t messages = 0;
    uint64_t appended = 0;
  };
  Size SizeOf(std::string_view topic) const;
  // Messages from the offset of each partition on; -1: from its first one.
  uint64_t CountBehind(std::string_view topic, const std::function<int64_t(int32_t partition)>& offset_of) const;

 private:
  struct Entry {
    std::vector<int64_t> first;
    std::vector<int64_t> end;
  };
  void Resize(Entry* entry, int32_t partitions) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Entry* Find(const TopicPartition& partition) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const TopicNames* const names_;
  mutable Mutex mutex_;
  std::map<std::string, Entry, std::less<>> topics_ ABSL_GUARDED_BY(mutex_);
  uint64_t version_ ABSL_GUARDED_BY(mutex_) = 1;
};

}  // namespace sluice::collector::kafka
