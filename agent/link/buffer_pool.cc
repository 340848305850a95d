#include "agent/link/buffer_pool.h"

#include <memory>
#include <utility>
#include <vector>

namespace sluice::agent {

std::shared_ptr<char[]> BufferPool::Get() {
  std::unique_ptr<char[]> buffer;
  {
    MutexLock lock(&shared_->mutex);
    if (!shared_->free.empty()) {
      buffer = std::move(shared_->free.back());
      shared_->free.pop_back();
    }
  }
  if (buffer == nullptr) buffer.reset(new char[shared_->capacity]);  // not zeroed: pages are touched as they are used
  std::shared_ptr<Shared> shared = shared_;
  return std::shared_ptr<char[]>(buffer.release(), [shared](char* released) {
    std::unique_ptr<char[]> returned(released);
    MutexLock lock(&shared->mutex);
    if (shared->free.size() < shared->kept) shared->free.push_back(std::move(returned));
  });
}

void BufferPool::Trim() {
  std::vector<std::unique_ptr<char[]>> freed;
  MutexLock lock(&shared_->mutex);
  freed.swap(shared_->free);
}

}  // namespace sluice::agent
