// The topics of the log and what is in each of them.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "base/mutex.h"
#include "collector/log/event_log.h"
#include "collector/log/rocksdb/database.h"
#include "collector/log/rocksdb/values.h"

namespace sluice::collector {

// One topic. `appended` is the writer's, `dropped` the retention's: each is stored under its own key, so that neither
// overwrites what the other one wrote.
struct Topic {
  TopicAppended appended;
  TopicDropped dropped;
  // Of the oldest batch that is kept; 0 if there is none.
  uint64_t first_sequence = 0;
  int64_t first_append_unix_nano = 0;

  uint64_t records() const { return appended.records - dropped.records; }
  uint64_t bytes() const { return appended.bytes - dropped.bytes; }
  // At most how many records at `sequence` or behind it the retention took.
  uint64_t RecordsDroppedFrom(uint64_t sequence) const;
};

// Thread-safe. Topics are never removed; their ids count from 0.
class TopicTable {
 public:
  TopicTable() = default;

  // Reads the topics, in place of those it has.
  absl::Status Load(const Database::Session& session);

  uint32_t size() const;
  std::optional<uint32_t> Find(std::string_view name) const;
  Topic Get(uint32_t id) const;
  std::vector<TopicInfo> Infos() const;
  // The names of the topics `first_id`, first_id + 1, …
  std::vector<std::string> NamesFrom(uint32_t first_id) const;
  // The largest of all topics; 0 if nothing was ever appended.
  uint64_t last_sequence() const;
  int64_t last_append_unix_nano() const;
  // The smallest of all topics; nothing if no batch is kept.
  std::optional<uint64_t> first_sequence() const;

  // Calls `visit` for each topic, under the lock.
  void ForEach(const std::function<void(uint32_t id, const Topic& topic)>& visit) const;

  // After a commit: `appended` replaces what topic `id` had; `id` may be the next new one. Its first batch in this
  // commit has `first_sequence`.
  void ApplyAppended(uint32_t id, TopicAppended appended, uint64_t first_sequence);
  // The retention took batches; the oldest one left has `first_sequence` (0: none). False, and nothing is changed, if
  // none should be left but there is one by now: look again.
  [[nodiscard]] bool ApplyDropped(uint32_t id, TopicDropped dropped, uint64_t first_sequence,
                                  int64_t first_append_unix_nano);

 private:
  mutable Mutex mutex_;
  std::vector<Topic> topics_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, uint32_t> ids_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::collector
