// The newest batches, in memory: any number of readers at the head of the log read the same ones.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"
#include "collector/log/event_log.h"

namespace sluice::collector {

// What became durable together; never changes. `topics[i]` is the id of the topic of `batches[i]`. Not empty.
struct CommittedBatches {
  std::vector<StoredBatch> batches;
  std::vector<uint32_t> topics;

  uint64_t first_sequence() const { return batches.front().sequence; }
  uint64_t last_sequence() const { return batches.back().sequence; }
};

// Thread-safe.
class TailCache {
 public:
  // `bytes_max`: beyond it the oldest commits are let go. `end`: the sequence behind the newest batch of the log.
  TailCache(size_t bytes_max, uint64_t end);

  void Push(std::shared_ptr<const CommittedBatches> commit);
  // Lets everything go: what is before `end` lies only on disk.
  void Reset(uint64_t end);

  struct View {
    uint64_t begin = 0;  // what is before lies only on disk
    uint64_t end = 0;    // behind the newest batch
    // The first commits that have something at or behind the sequence asked for; empty if that is before `begin`.
    std::vector<std::shared_ptr<const CommittedBatches>> commits;
  };
  View From(uint64_t sequence) const;

  uint64_t end() const;

 private:
  static size_t Size(const CommittedBatches& commit);

  const size_t bytes_max_;
  mutable Mutex mutex_;
  std::deque<std::shared_ptr<const CommittedBatches>> commits_ ABSL_GUARDED_BY(mutex_);
  size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t begin_ ABSL_GUARDED_BY(mutex_);
  uint64_t end_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::collector
