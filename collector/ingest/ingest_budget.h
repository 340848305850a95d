// Bytes of agents' messages that are in memory and not yet durable, over all streams.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "base/mutex.h"

namespace sluice::collector {

// Keeps streams from being read while too much is under way. What was read already is never refused: the most in memory
// is the limit and one message for each stream. Thread-safe.
class IngestBudget {
 public:
  explicit IngestBudget(size_t bytes_max) : bytes_max_(bytes_max) {}

  void Take(size_t bytes);
  // Calls those who wait once less than half of the limit is under way.
  void Give(size_t bytes);
  // True if the limit is not reached. Otherwise `resume` will be called once, without a lock, on a thread that gives.
  bool HasRoomOrWait(std::function<void()> resume);
  // For those who do not wait.
  bool HasRoom() const { return bytes() < bytes_max_; }
  size_t bytes() const;

 private:
  const size_t bytes_max_;
  mutable Mutex mutex_;
  size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<std::function<void()>> waiting_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::collector
