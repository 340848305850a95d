#include "consumer/client/repeats.h"

#include <algorithm>
#include <utility>

namespace sluice::client {
namespace {

// How cursors of a log in Kafka begin.
constexpr std::string_view kKafkaCursor = "k1-";
// Whose records are messages that no collector wrote: they have no file.
constexpr std::string_view kForeignAgent = "kafka";

}  // namespace

void Repeats::LeaveOut(std::string_view cursor, Batch* batch) {
  if (!cursor.starts_with(kKafkaCursor) || batch->agent() == kForeignAgent || batch->records().empty()) return;
  std::string key(batch->topic());
  key.append(1, '\0').append(batch->agent()).append(1, '\0').append(batch->file_bytes());
  uint64_t& end = EndOf(std::move(key));
  uint64_t last = 0;
  bool repeated = false;
  for (const RecordView& record : batch->records()) {
    repeated = repeated || record.offset() < end;
    last = record.offset() + 1;
  }
  if (repeated) batch->LeaveOutBefore(end);
  end = std::max(end, last);
}

uint64_t& Repeats::EndOf(std::string key) {
  if (const auto young = young_.find(key); young != young_.end()) return young->second;
  const auto old = old_.find(key);
  const uint64_t end = old == old_.end() ? 0 : old->second;
  if (young_.size() >= half_) {
    old_ = std::move(young_);
    young_.clear();
  }
  return young_.emplace(std::move(key), end).first->second;
}

}  // namespace sluice::client
