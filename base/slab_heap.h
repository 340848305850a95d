// Memory for many small objects that are made one after the other and freed one by one a little later, by any thread.
//
// An allocator that keeps each size apart has to carry every object that another thread freed back to the one that
// makes them. Here objects are laid side by side in slabs, and a slab is used again when all of its objects are freed:
// an addition to allocate, a decrement to free.
#pragma once

#include <cstddef>
#include <cstdint>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"

namespace sluice {

// Thread-safe. Address space is taken at once, memory as it is used; it is kept until the heap goes, and then nothing
// of it may be in use any more.
class SlabHeap {
  struct Slab;

 public:
  static constexpr size_t kSlabBytes = size_t{64} << 10;
  // Larger objects are not for this heap.
  static constexpr size_t kObjectBytesMax = size_t{4} << 10;

  // At most `bytes_max` of memory, in whole slabs.
  explicit SlabHeap(size_t bytes_max);
  ~SlabHeap();
  SlabHeap(const SlabHeap&) = delete;
  SlabHeap& operator=(const SlabHeap&) = delete;

  // Where one thread allocates: the slab that it fills. Not thread-safe; what was allocated outlives it.
  class Run {
   public:
    explicit Run(SlabHeap* heap) : heap_(heap) {}
    ~Run() { Close(); }
    Run(const Run&) = delete;
    Run& operator=(const Run&) = delete;
    // Aligned as malloc's. Null if the object is too large, or all memory is in use.
    void* Allocate(size_t bytes);

   private:
    void Close();

    SlabHeap* const heap_;
    Slab* slab_ = nullptr;
    int64_t made_ = 0;
    char* at_ = nullptr;
    char* end_ = nullptr;
  };

  bool Owns(const void* object) const { return reinterpret_cast<uintptr_t>(object) - begin_ < bytes_; }
  // An object that it owns.
  void Free(void* object) { Release(SlabOf(object), 1); }
  // How many bytes can be read from the object on: at least as many as it has.
  size_t ReadableBytes(const void* object) const { return kSlabBytes - (Distance(object) & (kSlabBytes - 1)); }
  // Slabs in use.
  size_t slabs_in_use() const;

 private:
  uintptr_t Distance(const void* object) const { return reinterpret_cast<uintptr_t>(object) - begin_; }
  Slab* SlabOf(const void* object) const;
  Slab* Take();
  void Release(Slab* slab, int64_t objects);

  void* reserved_ = nullptr;
  size_t reserved_bytes_ = 0;
  uintptr_t begin_ = 0;
  size_t bytes_ = 0;

  mutable Mutex mutex_;
  Slab* free_ ABSL_GUARDED_BY(mutex_) = nullptr;
  size_t made_ ABSL_GUARDED_BY(mutex_) = 0;  // slabs that were ever used
  size_t in_use_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace sluice
