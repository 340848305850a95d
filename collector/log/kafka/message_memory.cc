#include "collector/log/kafka/message_memory.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "base/slab_heap.h"

namespace sluice::collector::kafka {
namespace {

thread_local bool t_active = false;

// As malloc's own, it is there before anything else and stays until the end.
SlabHeap& Heap() {
  static SlabHeap* const heap = new SlabHeap(MessageMemory::kBytesMax);
  return *heap;
}

void* FromSlabs(size_t bytes) {
  thread_local SlabHeap::Run run(&Heap());
  return run.Allocate(bytes);
}

}  // namespace

MessageMemory::MessageMemory() : before_(std::exchange(t_active, true)) {}

MessageMemory::~MessageMemory() { t_active = before_; }

size_t MessageMemory::slabs_in_use() { return Heap().slabs_in_use(); }

}  // namespace sluice::collector::kafka

using sluice::collector::kafka::FromSlabs;
using sluice::collector::kafka::Heap;
using sluice::collector::kafka::t_active;

void* sluice_message_malloc(size_t bytes) {
  if (t_active) {
    if (void* const object = FromSlabs(bytes); object != nullptr) return object;
  }
  return std::malloc(bytes);
}

void* sluice_message_calloc(size_t count, size_t bytes) {
  if (t_active && bytes > 0 && count <= sluice::SlabHeap::kObjectBytesMax / bytes) {
    if (void* const object = FromSlabs(count * bytes); object != nullptr) {
      return std::memset(object, 0, count * bytes);
    }
  }
  return std::calloc(count, bytes);
}

void* sluice_message_realloc(void* object, size_t bytes) {
  if (object == nullptr) return sluice_message_malloc(bytes);
  if (!Heap().Owns(object)) return std::realloc(object, bytes);
  void* const moved = sluice_message_malloc(bytes);
  if (moved == nullptr) return nullptr;
  // Its size is not known: what lies behind it in the slab is copied too, and is nothing to anybody.
  std::memcpy(moved, object, std::min(bytes, Heap().ReadableBytes(object)));
  Heap().Free(object);
  return moved;
}

void sluice_message_free(void* object) {
  if (Heap().Owns(object)) {
    Heap().Free(object);
  } else {
    std::free(object);
  }
}
