#include "collector/log/listeners.h"

#include <utility>

namespace sluice::collector {

uint64_t Listeners::Add(Callback callback) {
  MutexLock lock(&mutex_);
  callbacks_[next_id_] = std::make_shared<const Callback>(std::move(callback));
  return next_id_++;
}

void Listeners::Remove(uint64_t id) {
  MutexLock lock(&mutex_);
  callbacks_.erase(id);
  while (calling_) idle_.Wait(&mutex_);
}

void Listeners::Notify(const std::vector<StoredBatch>& batches) {
  std::vector<std::shared_ptr<const Callback>> callbacks;
  {
    MutexLock lock(&mutex_);
    for (const auto& [id, callback] : callbacks_) callbacks.push_back(callback);
    calling_ = true;
  }
  for (const auto& callback : callbacks) (*callback)(batches);
  MutexLock lock(&mutex_);
  calling_ = false;
  idle_.SignalAll();
}

}  // namespace sluice::collector
