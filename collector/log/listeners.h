// Who wants to know of new batches.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"
#include "collector/log/event_log.h"

namespace sluice::collector {

// Thread-safe; Notify is called by one thread at a time.
class Listeners {
 public:
  using Callback = std::function<void(const std::vector<StoredBatch>&)>;

  uint64_t Add(Callback callback);
  // Waits for a call that is under way; so it must not be called from inside of one.
  void Remove(uint64_t id);
  void Notify(const std::vector<StoredBatch>& batches);

 private:
  Mutex mutex_;
  CondVar idle_;
  std::map<uint64_t, std::shared_ptr<const Callback>> callbacks_ ABSL_GUARDED_BY(mutex_);
  uint64_t next_id_ ABSL_GUARDED_BY(mutex_) = 1;
  bool calling_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace sluice::collector
