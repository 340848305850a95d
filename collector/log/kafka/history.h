// Consumers for readers that are behind: a few, passed from one to the next.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "collector/log/kafka/consumer.h"

namespace sluice::collector::kafka {

// Thread-safe.
class HistoryPool {
 public:
  explicit HistoryPool(const KafkaOptions& options) : options_(options) {}

  // A reader's claim on a consumer; may lose it while it is not in use.
  struct Lease {
    std::unique_ptr<Consumer> consumer;
    bool in_use = false;
    uint64_t last_used = 0;
  };
  std::shared_ptr<Lease> NewLease();
  // The lease's consumer; `fresh` if it reads nothing yet. Not to be called again before Leave.
  absl::StatusOr<Consumer*> Enter(const std::shared_ptr<Lease>& lease, bool* fresh);
  void Leave(const std::shared_ptr<Lease>& lease);
  // The reader needs it no more for now, or is gone.
  void Return(const std::shared_ptr<Lease>& lease);

 private:
  std::unique_ptr<Consumer> TakeFromIdlest() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const KafkaOptions options_;
  Mutex mutex_;
  std::vector<std::weak_ptr<Lease>> leases_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::unique_ptr<Consumer>> spare_ ABSL_GUARDED_BY(mutex_);
  int made_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t uses_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace sluice::collector::kafka
