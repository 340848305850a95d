// Records that came before: a collector on Kafka that was cut off may have delivered some a second time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "consumer/client/batch.h"

namespace sluice::client {

// Within one subscription the offsets of a file ascend, in each topic. What does not is a repeat. Remembers so many
// files as were seen last. Not thread-safe.
class Repeats {
 public:
  explicit Repeats(size_t files_max = 100'000) : half_(files_max / 2) {}

  // Leaves out of `batch` what came before. `cursor` is its message's: only a log in Kafka repeats.
  void LeaveOut(std::string_view cursor, Batch* batch);

 private:
  // Where the file goes on. What is asked for moves to the young half; the old one is forgotten when that is full.
  uint64_t& EndOf(std::string key);

  const size_t half_;
  absl::flat_hash_map<std::string, uint64_t> young_;
  absl::flat_hash_map<std::string, uint64_t> old_;
};

}  // namespace sluice::client
