#include "base/slab_heap.h"

#include <cstring>
#include <deque>
#include <random>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

constexpr size_t kSlabs = 4;
constexpr size_t kBytes = kSlabs * SlabHeap::kSlabBytes;

TEST(SlabHeapTest, ObjectsAreAlignedAndApart) {
  SlabHeap heap(kBytes);
  SlabHeap::Run run(&heap);
  std::vector<char*> objects;
  for (size_t size = 0; size <= 100; ++size) {
    auto* object = static_cast<char*>(run.Allocate(size));
    ASSERT_NE(object, nullptr);
    EXPECT_TRUE(heap.Owns(object));
    EXPECT_EQ(reinterpret_cast<uintptr_t>(object) % alignof(std::max_align_t), 0u);
    EXPECT_GE(heap.ReadableBytes(object), size);
    std::memset(object, static_cast<int>(size), size);
    for (size_t i = 0; i < objects.size(); ++i) {
      EXPECT_NE(objects[i], object);
      for (size_t at = 0; at < i; ++at) ASSERT_EQ(objects[i][at], static_cast<char>(i));
    }
    objects.push_back(object);
  }
  for (char* object : objects) heap.Free(object);
}

TEST(SlabHeapTest, WhatIsElsewhereIsNotItsOwn) {
  SlabHeap heap(kBytes);
  int local = 0;
  EXPECT_FALSE(heap.Owns(nullptr));
  EXPECT_FALSE(heap.Owns(&local));
  EXPECT_FALSE(heap.Owns(&heap));
}

TEST(SlabHeapTest, TooLargeAndTooManyAreRefused) {
  SlabHeap heap(kBytes);
  SlabHeap::Run run(&heap);
  EXPECT_EQ(run.Allocate(SlabHeap::kObjectBytesMax + 1), nullptr);
  std::vector<void*> objects;
  while (void* object = run.Allocate(SlabHeap::kObjectBytesMax)) objects.push_back(object);
  // Of each slab a little is not used.
  EXPECT_EQ(objects.size(), kSlabs * (SlabHeap::kSlabBytes / SlabHeap::kObjectBytesMax - 1));
  EXPECT_EQ(heap.slabs_in_use(), kSlabs);
  // Freed, it is used again.
  for (void* object : objects) heap.Free(object);
  EXPECT_EQ(heap.slabs_in_use(), 0u);
  void* const object = run.Allocate(1);
  EXPECT_NE(object, nullptr);
  heap.Free(object);
}

TEST(SlabHeapTest, ASlabIsUsedAgainOnlyWhenItsLastObjectIsFreed) {
  SlabHeap heap(kBytes);
  std::vector<void*> objects;
  {
    SlabHeap::Run run(&heap);
    for (int i = 0; i < 10; ++i) objects.push_back(run.Allocate(100));
    for (size_t i = 1; i < objects.size(); ++i) heap.Free(objects[i]);
    EXPECT_EQ(heap.slabs_in_use(), 1u);
  }
  EXPECT_EQ(heap.slabs_in_use(), 1u);
  heap.Free(objects.front());
  EXPECT_EQ(heap.slabs_in_use(), 0u);
}

TEST(SlabHeapTest, AnEmptyRunLeavesNothing) {
  SlabHeap heap(kBytes);
  {
    const SlabHeap::Run run(&heap);
  }
  EXPECT_EQ(heap.slabs_in_use(), 0u);
}

TEST(SlabHeapTest, OneThreadMakesAnotherFrees) {
  SlabHeap heap(kBytes);
  Mutex mutex;
  std::deque<unsigned char*> objects;
  bool ended = false;
  constexpr int kObjects = 200'000;
  std::thread freeing([&] {
    for (int freed = 0; freed < kObjects;) {
      std::deque<unsigned char*> taken;
      {
        MutexLock lock(&mutex);
        taken.swap(objects);
      }
      for (unsigned char* object : taken) {
        // Its size, and that many times the same byte.
        for (size_t i = 1; i < object[0]; ++i) ASSERT_EQ(object[i], object[0]);
        if (heap.Owns(object)) {
          heap.Free(object);
        } else {
          delete[] object;
        }
        ++freed;
      }
      if (taken.empty()) std::this_thread::yield();
    }
    ended = true;
  });
  {
    SlabHeap::Run run(&heap);
    std::mt19937 random(1);
    for (int i = 0; i < kObjects; ++i) {
      const size_t size = 1 + random() % 200;
      auto* object = static_cast<unsigned char*>(run.Allocate(size));
      if (object == nullptr) object = new unsigned char[size];
      std::memset(object, static_cast<int>(size), size);
      MutexLock lock(&mutex);
      objects.push_back(object);
    }
  }
  freeing.join();
  EXPECT_TRUE(ended);
  EXPECT_EQ(heap.slabs_in_use(), 0u);
}

}  // namespace
}  // namespace sluice
