// The keys that come most often, in memory that does not grow with the number of keys.
//
// Space saving (Metwally, Agrawal, El Abbadi 2005): `capacity` counters; a key that has none takes over the smallest
// one. With N = total():
//   - count - error <= how often a key really came <= count, and error <= N / capacity;
//   - each key that came more than N / capacity times has a counter;
//   - as long as there were at most `capacity` different keys, all counts are exact.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace sluice::monitor::sketch {

// Not thread-safe. Nothing is allocated once all counters are taken, unless a key is longer than those before.
class HeavyHitters {
 public:
  static constexpr size_t kCapacityMax = 1 << 16;
  static constexpr size_t kKeyBytesMax = 256;  // longer ones are cut

  struct Counter {
    std::string key;
    uint64_t count = 0;
    uint64_t error = 0;  // how much of it may be of other keys
  };

  // Where a key is counted.
  struct Place {
    size_t counter;   // below capacity; stays the key's until another one takes it over
    bool taken_over;  // it was no key's, or another one's: what is kept beside it begins anew
  };

  // 0 < capacity <= kCapacityMax.
  explicit HeavyHitters(size_t capacity);

  Place Add(std::string_view key, uint64_t times = 1);
  void Clear();

  size_t capacity() const { return capacity_; }
  uint64_t total() const { return total_; }
  const std::vector<Counter>& counters() const { return counters_; }
  // The places of the `n` largest counters, the largest first; of equal ones by key.
  std::vector<size_t> Top(size_t n) const;

  // As if all that `other` has seen had come here, too: errors add up. Counters change their places.
  void Merge(const HeavyHitters& other);

  std::string Encode() const;
  // DataLoss if these are no such bytes.
  static absl::StatusOr<HeavyHitters> Decode(std::string_view bytes);

 private:
  static constexpr uint32_t kNone = UINT32_MAX;

  // A counter's place in the heap, with what it is ordered by: the way down the heap touches nothing else.
  struct HeapEntry {
    uint64_t count;
    uint64_t hash;  // of the key
    uint32_t counter;
  };

  // Of equal counts one is always the smaller, so that a sketch that was read again goes on as the one that was
  // written. One comparison of 128 bits: which child is the smaller one cannot be foreseen, so there is to be no
  // branch.
  static bool IsSmaller(const HeapEntry& a, const HeapEntry& b) {
    using Order = unsigned __int128;
    return (Order{a.count} << 64 | a.hash) < (Order{b.count} << 64 | b.hash);
  }
  size_t FindSlot(uint64_t hash, std::string_view key) const;
  void Insert(uint32_t counter);
  void Remove(uint32_t counter);
  void SiftDown(size_t at);
  void SiftUp(size_t at);
  void Put(size_t at, const HeapEntry& entry);
  void AddCounter(Counter counter);
  void Rebuild(std::vector<Counter> counters);

  size_t capacity_;
  uint64_t total_ = 0;
  std::vector<Counter> counters_;
  std::vector<uint64_t> hashes_;   // of the counters' keys
  std::vector<HeapEntry> heap_;    // the smallest first
  std::vector<uint32_t> heap_at_;  // of each counter
  std::vector<uint32_t> slots_;    // hash table of counters, linear probing; a power of two
};

}  // namespace sluice::monitor::sketch
