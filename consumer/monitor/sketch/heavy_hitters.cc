#include "consumer/monitor/sketch/heavy_hitters.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <map>
#include <set>
#include <utility>

#include "base/hash.h"
#include "base/status.h"
#include "base/wire.h"
#include "consumer/monitor/sketch/encoding.h"

namespace sluice::monitor::sketch {
namespace {

// Of the bytes.
enum Field : uint32_t { kCapacity = 1, kTotal = 2, kCounter = 3 };
enum CounterField : uint32_t { kKey = 1, kCount = 2, kError = 3 };

// At most `max` bytes, and no part of a character at the end.
std::string_view Cut(std::string_view key, size_t max) {
  if (key.size() <= max) return key;
  while (max > 0 && (static_cast<uint8_t>(key[max]) & 0xc0) == 0x80) --max;
  return key.substr(0, max);
}

bool ParseCounter(std::string_view bytes, HeavyHitters::Counter* counter) {
  wire::Reader reader(bytes);
  wire::Field field;
  while (reader.Next(&field)) {
    if (field.number == kKey) counter->key = field.bytes;
    if (field.number == kCount) counter->count = field.value;
    if (field.number == kError) counter->error = field.value;
  }
  return reader.ok() && counter->key.size() <= HeavyHitters::kKeyBytesMax && counter->error <= counter->count;
}

}  // namespace

HeavyHitters::HeavyHitters(size_t capacity) : capacity_(std::clamp<size_t>(capacity, 1, kCapacityMax)) { Clear(); }

void HeavyHitters::Clear() {
  total_ = 0;
  counters_.clear();
  hashes_.clear();
  heap_.clear();
  heap_at_.clear();
  slots_.assign(std::bit_ceil(capacity_ * 4), kNone);  // mostly empty: nearly all keys may be new
}

// Where the key's counter is found, or would be put.
size_t HeavyHitters::FindSlot(uint64_t hash, std::string_view key) const {
  const size_t mask = slots_.size() - 1;
  size_t slot = hash & mask;
  while (slots_[slot] != kNone && (hashes_[slots_[slot]] != hash || counters_[slots_[slot]].key != key)) {
    slot = (slot + 1) & mask;
  }
  return slot;
}

void HeavyHitters::Insert(uint32_t counter) { slots_[FindSlot(hashes_[counter], counters_[counter].key)] = counter; }

// Closes the gap, so that no search ends too early.
void HeavyHitters::Remove(uint32_t counter) {
  const size_t mask = slots_.size() - 1;
  size_t gap = hashes_[counter] & mask;
  while (slots_[gap] != counter) gap = (gap + 1) & mask;
  for (size_t at = (gap + 1) & mask; slots_[at] != kNone; at = (at + 1) & mask) {
    const size_t home = hashes_[slots_[at]] & mask;
    if (((at - home) & mask) < ((at - gap) & mask)) continue;  // its home lies behind the gap
    slots_[gap] = slots_[at];
    gap = at;
  }
  slots_[gap] = kNone;
}

void HeavyHitters::Put(size_t at, const HeapEntry& entry) {
  heap_[at] = entry;
  heap_at_[entry.counter] = static_cast<uint32_t>(at);
}

void HeavyHitters::SiftDown(size_t at) {
  const HeapEntry entry = heap_[at];
  const size_t size = heap_.size();
  while (true) {
    size_t child = 2 * at + 1;
    if (child >= size) break;
    if (child + 1 < size) child += IsSmaller(heap_[child + 1], heap_[child]) ? 1 : 0;
    if (!IsSmaller(heap_[child], entry)) break;
    Put(at, heap_[child]);
    at = child;
  }
  Put(at, entry);
}

void HeavyHitters::SiftUp(size_t at) {
  const HeapEntry entry = heap_[at];
  while (at > 0) {
    const size_t parent = (at - 1) / 2;
    if (!IsSmaller(entry, heap_[parent])) break;
    Put(at, heap_[parent]);
    at = parent;
  }
  Put(at, entry);
}

void HeavyHitters::AddCounter(Counter counter) {
  const auto place = static_cast<uint32_t>(counters_.size());
  hashes_.push_back(Xxh3(counter.key));
  heap_.push_back({.count = counter.count, .hash = hashes_.back(), .counter = place});
  counters_.push_back(std::move(counter));
  heap_at_.push_back(place);
  Insert(place);
  SiftUp(heap_.size() - 1);
}

HeavyHitters::Place HeavyHitters::Add(std::string_view key, uint64_t times) {
  key = Cut(key, kKeyBytesMax);
  total_ += times;
  const uint64_t hash = Xxh3(key);
  if (const uint32_t found = slots_[FindSlot(hash, key)]; found != kNone) {
    counters_[found].count += times;
    heap_[heap_at_[found]].count += times;
    SiftDown(heap_at_[found]);
    return {found, false};
  }
  if (counters_.size() < capacity_) {
    AddCounter({.key = std::string(key), .count = times, .error = 0});
    return {counters_.size() - 1, true};
  }
  const uint32_t smallest = heap_.front().counter;
  Remove(smallest);
  Counter& counter = counters_[smallest];
  counter.key.assign(key);
  counter.error = counter.count;
  counter.count += times;
  hashes_[smallest] = hash;
  heap_.front() = {.count = counter.count, .hash = hash, .counter = smallest};
  Insert(smallest);
  SiftDown(0);
  return {smallest, true};
}

std::vector<size_t> HeavyHitters::Top(size_t n) const {
  std::vector<size_t> places(counters_.size());
  for (size_t i = 0; i < places.size(); ++i) places[i] = i;
  n = std::min(n, places.size());
  const auto larger = [this](size_t a, size_t b) {
    const Counter& x = counters_[a];
    const Counter& y = counters_[b];
    return x.count != y.count ? x.count > y.count : x.key < y.key;
  };
  std::partial_sort(places.begin(), places.begin() + static_cast<std::ptrdiff_t>(n), places.end(), larger);
  places.resize(n);
  return places;
}

void HeavyHitters::Rebuild(std::vector<Counter> counters) {
  const uint64_t total = total_;
  Clear();
  total_ = total;
  for (Counter& counter : counters) AddCounter(std::move(counter));
}

void HeavyHitters::Merge(const HeavyHitters& other) {
  // A key that has no counter came at most as often as the smallest one says.
  const auto unseen = [](const HeavyHitters& sketch) {
    return sketch.counters_.size() < sketch.capacity_ ? 0 : sketch.heap_.front().count;
  };
  const uint64_t unseen_here = unseen(*this);
  const uint64_t unseen_there = unseen(other);
  std::map<std::string, Counter> merged;
  for (const Counter& c : counters_) {
    merged[c.key] = {.key = c.key, .count = c.count + unseen_there, .error = c.error + unseen_there};
  }
  for (const Counter& c : other.counters_) {
    auto [at, fresh] = merged.try_emplace(c.key);
    if (fresh) {
      at->second = {.key = c.key, .count = c.count + unseen_here, .error = c.error + unseen_here};
    } else {
      at->second.count += c.count - unseen_there;
      at->second.error += c.error - unseen_there;
    }
  }
  std::vector<Counter> counters;
  counters.reserve(merged.size());
  for (auto& [key, counter] : merged) counters.push_back(std::move(counter));
  std::ranges::sort(counters, [](const Counter& a, const Counter& b) {
    return a.count != b.count ? a.count > b.count : a.key < b.key;
  });
  if (counters.size() > capacity_) counters.resize(capacity_);
  total_ += other.total_;
  Rebuild(std::move(counters));
}

std::string HeavyHitters::Encode() const {
  std::string out;
  AppendField(kCapacity, capacity_, &out);
  AppendField(kTotal, total_, &out);
  std::string bytes;
  for (const Counter& counter : counters_) {
    bytes.clear();
    AppendField(kKey, counter.key, &bytes);
    AppendField(kCount, counter.count, &bytes);
    if (counter.error != 0) AppendField(kError, counter.error, &bytes);
    AppendField(kCounter, bytes, &out);
  }
  return out;
}

absl::StatusOr<HeavyHitters> HeavyHitters::Decode(std::string_view bytes) {
  wire::Reader reader(bytes);
  wire::Field field;
  uint64_t capacity = 0;
  uint64_t total = 0;
  std::vector<Counter> counters;
  while (reader.Next(&field)) {
    if (field.number == kCapacity) capacity = field.value;
    if (field.number == kTotal) total = field.value;
    if (field.number != kCounter) continue;
    if (!ParseCounter(field.bytes, &counters.emplace_back())) return DataLoss("heavy hitters: a counter is malformed");
  }
  if (!reader.ok()) return DataLoss("heavy hitters: malformed at byte ", reader.position());
  if (capacity == 0 || capacity > kCapacityMax || counters.size() > capacity) {
    return DataLoss("heavy hitters: ", counters.size(), " counters of ", capacity);
  }
  std::set<std::string_view> keys;
  for (const Counter& counter : counters) {
    if (!keys.insert(counter.key).second) return DataLoss("heavy hitters: a key comes twice");
  }
  HeavyHitters sketch(capacity);
  sketch.Rebuild(std::move(counters));
  sketch.total_ = total;
  return sketch;
}

}  // namespace sluice::monitor::sketch
