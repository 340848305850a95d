#include "base/slab_heap.h"

#include <sys/mman.h>

#include <atomic>
#include <new>

namespace sluice {
namespace {

constexpr size_t kAlignment = alignof(std::max_align_t);
// Before a slab's first object; a line of the cache to itself.
constexpr size_t kHeadBytes = 64;
// What a slab counts while a run fills it, so that it is not free before all of its objects are known.
constexpr int64_t kOpen = int64_t{1} << 40;

}  // namespace

struct SlabHeap::Slab {
  std::atomic<int64_t> objects{kOpen};  // not freed
  Slab* next = nullptr;
};

SlabHeap::SlabHeap(size_t bytes_max) {
  static_assert(sizeof(Slab) <= kHeadBytes && kHeadBytes % kAlignment == 0);
  const size_t bytes = bytes_max / kSlabBytes * kSlabBytes;
  reserved_bytes_ = bytes + kSlabBytes;
  void* const reserved =
      mmap(nullptr, reserved_bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  // Without address space it is always full.
  if (reserved == MAP_FAILED) return;
  reserved_ = reserved;
  begin_ = (reinterpret_cast<uintptr_t>(reserved) + kSlabBytes - 1) / kSlabBytes * kSlabBytes;
  bytes_ = bytes;
}

SlabHeap::~SlabHeap() {
  if (reserved_ != nullptr) munmap(reserved_, reserved_bytes_);
}

size_t SlabHeap::slabs_in_use() const {
  MutexLock lock(&mutex_);
  return in_use_;
}

SlabHeap::Slab* SlabHeap::SlabOf(const void* object) const {
  return reinterpret_cast<Slab*>(reinterpret_cast<uintptr_t>(object) & ~(kSlabBytes - 1));
}

SlabHeap::Slab* SlabHeap::Take() {
  MutexLock lock(&mutex_);
  void* place = free_;
  if (free_ != nullptr) {
    free_ = free_->next;
  } else if ((made_ + 1) * kSlabBytes <= bytes_) {
    place = reinterpret_cast<void*>(begin_ + made_ * kSlabBytes);
    ++made_;
  } else {
    return nullptr;
  }
  ++in_use_;
  return new (place) Slab;
}

void SlabHeap::Release(Slab* slab, int64_t objects) {
  if (slab->objects.fetch_sub(objects, std::memory_order_acq_rel) != objects) return;
  MutexLock lock(&mutex_);
  slab->next = free_;
  free_ = slab;
  --in_use_;
}

void* SlabHeap::Run::Allocate(size_t bytes) {
  if (bytes > kObjectBytesMax) return nullptr;
  // Each object has a place of its own.
  const size_t size = bytes == 0 ? kAlignment : (bytes + kAlignment - 1) & ~(kAlignment - 1);
  if (static_cast<size_t>(end_ - at_) < size) {
    Close();
    slab_ = heap_->Take();
    if (slab_ == nullptr) return nullptr;
    at_ = reinterpret_cast<char*>(slab_) + kHeadBytes;
    end_ = reinterpret_cast<char*>(slab_) + kSlabBytes;
  }
  ++made_;
  char* const object = at_;
  at_ += size;
  return object;
}

void SlabHeap::Run::Close() {
  if (slab_ == nullptr) return;
  heap_->Release(slab_, kOpen - made_);
  slab_ = nullptr;
  made_ = 0;
  at_ = end_ = nullptr;
}

}  // namespace sluice
