// A batch's records as Kafka messages, handed to librdkafka without copying their bodies.
#pragma once

#include <cstdint>
#include <vector>

#include "collector/log/kafka/handles.h"
#include "collector/log/kafka/message_format.h"
#include "collector/log/kafka/options.h"
#include "collector/log/kafka/outgoing.h"
#include "collector/log/record_view.h"

namespace sluice::collector::kafka {

// Not thread-safe: keeps memory from batch to batch.
class RecordSender {
 public:
  // Reads the records that begin at its `from_offset` or behind it, and puts values together where that is needed. Sets
  // messages and bytes of `outgoing`.
  void Prepare(KafkaValueFormat format, Outgoing* outgoing);
  // Produces what was prepared; `sent` messages of it, if there is an error.
  rd_kafka_resp_err_t Produce(rd_kafka_t* client, rd_kafka_topic_t* topic, HeaderWriter::Format format,
                              int64_t now_unix_nano, Outgoing* outgoing, uint32_t* sent);

 private:
  struct Item {
    RecordView record;
    uint64_t end = 0;
    std::string_view value;
  };
  std::vector<Item> items_;
};

// No message of the batch has more bytes, with what comes with its value: exact only beyond what a topic takes.
size_t LargestMessage(const BatchView& batch, KafkaValueFormat format);

}  // namespace sluice::collector::kafka
