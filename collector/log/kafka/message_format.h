// How a record lies in a Kafka message: key, value and headers. docs/kafka.md describes it for people.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collector/log/batch_view.h"
#include "collector/log/kafka/handles.h"
#include "collector/log/kafka/options.h"
#include "collector/log/record_view.h"

namespace sluice::collector::kafka {

// Makes the headers of the messages of one batch, whose bytes outlive it: what its records share is found once.
class HeaderWriter {
 public:
  struct Format {
    KafkaValueFormat value = KafkaValueFormat::kProtobuf;
    KafkaHeaders headers = KafkaHeaders::kAll;
  };
  // `whole`: the batch as its agent sent it; else a part that routes have made of one.
  HeaderWriter(const BatchView& batch, Format format, bool whole);
  // `end`: where the next line of the file begins.
  Headers Of(const RecordView& record, uint64_t end) const;

 private:
  const Format format_;
  const bool whole_;
  std::string labels_;
  std::vector<std::pair<std::string_view, std::string_view>> shared_;
};

// The value of a message that is not a part of the batch itself: for kJson and kText that had to be put together.
void AppendValue(const RecordView& record, KafkaValueFormat format, std::string* out);

// A message that was read. Views into it.
struct MessageView {
  // False: not written by Sluice; only value, offset and time are set.
  bool ours = false;
  std::string_view key;
  std::string_view agent;
  std::string_view host;
  std::string_view path;
  std::string_view source;
  std::string_view labels;  // a JSON object
  KafkaValueFormat format = KafkaValueFormat::kProtobuf;
  bool whole = true;    // of a batch that went to this topic as a whole
  uint64_t offset = 0;  // in the file
  uint64_t end = 0;
  uint32_t severity = 0;
  uint64_t time_unix_nano = 0;
  uint32_t part = 0;
  std::string_view value;
};
MessageView ReadMessage(const rd_kafka_message_t& message);

// Appends the LogRecord that the message holds, as a field of a LogBatch. False if its value is none.
bool AppendRecord(const MessageView& message, std::string* out);

}  // namespace sluice::collector::kafka
