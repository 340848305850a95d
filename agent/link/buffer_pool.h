// Buffers for messages, used again and again: the memory of a message is touched once, not once a message.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"
#include "base/shared_bytes.h"

namespace sluice::agent {

// Thread-safe. Buffers may outlive the pool.
class BufferPool {
 public:
  // Keeps up to `kept` buffers of `capacity` bytes for the next time.
  BufferPool(size_t capacity, size_t kept) : shared_(std::make_shared<Shared>(capacity, kept)) {}

  size_t capacity() const { return shared_->capacity; }

  // A buffer of capacity() bytes that goes back to the pool when its last owner lets it go.
  std::shared_ptr<char[]> Get();
  // Frees what it keeps.
  void Trim();

 private:
  struct Shared {
    Shared(size_t capacity_bytes, size_t kept_max) : capacity(capacity_bytes), kept(kept_max) {}
    const size_t capacity;
    const size_t kept;
    Mutex mutex;
    std::vector<std::unique_ptr<char[]>> free ABSL_GUARDED_BY(mutex);
  };
  std::shared_ptr<Shared> shared_;
};

}  // namespace sluice::agent
