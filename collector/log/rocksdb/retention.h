// Takes the oldest batches of each topic away, by bytes and by age.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "collector/log/rocksdb/database.h"
#include "collector/log/rocksdb/options.h"
#include "collector/log/rocksdb/topics.h"

namespace sluice::collector {

// What it takes is gone for readers at once; reclaim.h gives the disk space back. It takes at least a 32nd of the limit
// by bytes at a time, and by age at least a 64th of the age, so that it works seldom: a topic's bytes are below its
// limit a second after they passed it, its oldest batch is at most 1/64 older than the limit. The newest batch of a
// topic stays whatever its size. Used by one thread.
class RetentionPass {
 public:
  RetentionPass(const Retention& limits, TopicTable* topics, const std::atomic<bool>* stop)
      : limits_(limits), topics_(*topics), stop_(*stop) {}

  // True if something was taken.
  absl::StatusOr<bool> Run(const Database::Session& session, int64_t now_unix_nano);

 private:
  // What a topic is to lose, and what comes then.
  struct Plan {
    TopicDropped dropped;
    uint64_t entries = 0;
    uint64_t first_sequence = 0;
    int64_t first_append_unix_nano = 0;
  };

  absl::Status DropOldest(const Database::Session& session, uint32_t id, int64_t now_unix_nano);
  absl::StatusOr<Plan> MakePlan(const Database::Session& session, uint32_t id, const Topic& topic,
                                int64_t now_unix_nano) const;
  // Finds the first batch behind what the plan drops.
  absl::Status FindFirst(const Database::Session& session, uint32_t id, Plan* plan) const;
  absl::Status Write(const Database::Session& session, uint32_t id, const Plan& plan);

  const Retention limits_;
  TopicTable& topics_;
  const std::atomic<bool>& stop_;
};

// Forgets when commits were that nobody can ask for any more: those before `first_sequence`.
absl::Status DropCommitTimes(const Database::Session& session, uint64_t first_sequence);

}  // namespace sluice::collector
