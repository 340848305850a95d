#include "collector/log/kafka/history.h"

#include <utility>

#include "base/status.h"

namespace sluice::collector::kafka {

std::shared_ptr<HistoryPool::Lease> HistoryPool::NewLease() {
  auto lease = std::make_shared<Lease>();
  MutexLock lock(&mutex_);
  std::erase_if(leases_, [](const auto& weak) { return weak.expired(); });
  leases_.push_back(lease);
  return lease;
}

absl::StatusOr<Consumer*> HistoryPool::Enter(const std::shared_ptr<Lease>& lease, bool* fresh) {
  MutexLock lock(&mutex_);
  lease->last_used = ++uses_;
  *fresh = lease->consumer == nullptr;
  if (*fresh && !spare_.empty()) {
    lease->consumer = std::move(spare_.back());
    spare_.pop_back();
  } else if (*fresh && made_ >= options_.history_readers) {
    lease->consumer = TakeFromIdlest();
  }
  if (lease->consumer == nullptr) {
    // More than there should be only while all of them are in use at this moment.
    SLUICE_ASSIGN_OR_RETURN(lease->consumer, Consumer::Make(options_));
    ++made_;
  }
  lease->in_use = true;
  return lease->consumer.get();
}

std::unique_ptr<Consumer> HistoryPool::TakeFromIdlest() {
  std::shared_ptr<Lease> idlest;
  for (const auto& weak : leases_) {
    std::shared_ptr<Lease> lease = weak.lock();
    if (lease == nullptr || lease->in_use || lease->consumer == nullptr) continue;
    if (idlest == nullptr || lease->last_used < idlest->last_used) idlest = std::move(lease);
  }
  if (idlest == nullptr) return nullptr;
  idlest->consumer->StopAll();
  return std::move(idlest->consumer);
}

void HistoryPool::Leave(const std::shared_ptr<Lease>& lease) {
  MutexLock lock(&mutex_);
  lease->in_use = false;
}

void HistoryPool::Return(const std::shared_ptr<Lease>& lease) {
  MutexLock lock(&mutex_);
  lease->in_use = false;
  if (lease->consumer == nullptr) return;
  lease->consumer->StopAll();
  if (made_ > options_.history_readers) {
    --made_;
    lease->consumer.reset();
  } else {
    spare_.push_back(std::move(lease->consumer));
  }
}

}  // namespace sluice::collector::kafka
