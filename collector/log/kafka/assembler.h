// From the messages of a partition back to batches.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "collector/log/event_log.h"
#include "collector/log/kafka/message_format.h"

namespace sluice::collector::kafka {

// A batch and the offsets of its messages, which are dense: [first, end).
struct PlacedBatch {
  StoredBatch batch;
  int64_t first = 0;
  int64_t end = 0;
};

// Consecutive messages of one file become a batch. What no collector wrote becomes a record of the agent "kafka", its
// body the value. For one partition; not thread-safe.
class Assembler {
 public:
  // `topic` without the prefix.
  Assembler(std::string topic, int32_t partition) : topic_(std::move(topic)), partition_(partition) {}

  void Add(const rd_kafka_message_t& message);
  // What was added since the last Take.
  std::vector<PlacedBatch> Take();

  // Bounds of a batch; the first is the last to be taken in.
  static constexpr size_t kBatchBytes = size_t{256} << 10;
  static constexpr uint32_t kBatchRecords = 4'096;

 private:
  bool Continues(const MessageView& message, int64_t offset) const;
  void Begin(const MessageView& message, int64_t offset, int64_t time_unix_nano);
  void Flush();
  void FlushAsForeign();
  v1::LogBatch Shared() const;
  // Puts `records` behind the shared fields, with what they sum up to; false if that is no valid batch.
  static bool Finish(v1::LogBatch shared, std::string_view records, PlacedBatch* placed);

  const std::string topic_;
  const int32_t partition_;

  // The batch that grows; what its messages share, copied.
  uint32_t count_ = 0;
  bool ours_ = false;
  std::string key_, agent_, host_, path_, source_, labels_;
  uint64_t first_offset_ = 0;
  uint64_t end_offset_ = 0;
  PlacedBatch placed_;
  std::string records_;
  size_t usual_bytes_ = 0;  // of them: as many as the last batch had
  std::string record_;      // of the message that is added

  std::vector<PlacedBatch> done_;
};

}  // namespace sluice::collector::kafka
