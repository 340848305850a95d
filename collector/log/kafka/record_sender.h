// A batch's records as Kafka messages, handed to librdkafka without copying their bodies.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "collector/log/kafka/handles.h"
#include "collector/log/kafka/header_pool.h"
#include "collector/log/kafka/message_format.h"
#include "collector/log/kafka/options.h"
#include "collector/log/kafka/outgoing.h"
#include "collector/log/record_view.h"

namespace sluice::collector::kafka {

// Not thread-safe: keeps memory from batch to batch.
class RecordSender {
 public:
  // `client` is not owned and outlives this.
  RecordSender(rd_kafka_t* client, HeaderWriter::Format format) : client_(client), format_(format) {}

  // What a request still takes.
  struct Room {
    size_t messages;
    size_t bytes;
    bool untouched = true;

    void Take(size_t message_bytes) {
      --messages;
      bytes -= message_bytes < bytes ? message_bytes : bytes;
      untouched = false;
    }
  };
  // Hands over the next records of `outgoing` as long as there is room (a record that is larger than any room goes
  // alone). An error: the record behind what was handed over was not taken.
  rd_kafka_resp_err_t Send(rd_kafka_topic_t* topic, int64_t now_unix_nano, Outgoing* outgoing, Room* room);
  // A message's fate is known: whose it was.
  Outgoing* Finish(const rd_kafka_message_t& message);

 private:
  void TellWhatIsLeftOut(const BatchView& batch);

  rd_kafka_t* const client_;
  const HeaderWriter::Format format_;
  bool told_ = false;  // what the format leaves out
  HeaderPool headers_;
  std::string value_;
};

// Of the records that are not delivered yet.
struct RecordCount {
  uint32_t records = 0;
  size_t bytes = 0;
};
RecordCount CountRecords(const BatchView& batch, const DeliveredRecords& delivered);

// No message of the batch has more bytes, with what comes with its value: exact only beyond what a topic takes.
size_t LargestMessage(const BatchView& batch, KafkaValueFormat format);

}  // namespace sluice::collector::kafka
