#include "collector/ingest/ingest_budget.h"

#include <utility>

namespace sluice::collector {

void IngestBudget::Take(size_t bytes) {
  MutexLock lock(&mutex_);
  bytes_ += bytes;
}

void IngestBudget::Give(size_t bytes) {
  std::vector<std::function<void()>> resumed;
  {
    MutexLock lock(&mutex_);
    bytes_ -= bytes;
    if (bytes_ <= bytes_max_ / 2) resumed.swap(waiting_);
  }
  for (const auto& resume : resumed) resume();
}

bool IngestBudget::HasRoomOrWait(std::function<void()> resume) {
  MutexLock lock(&mutex_);
  if (bytes_ < bytes_max_) return true;
  waiting_.push_back(std::move(resume));
  return false;
}

size_t IngestBudget::bytes() const {
  MutexLock lock(&mutex_);
  return bytes_;
}

}  // namespace sluice::collector
