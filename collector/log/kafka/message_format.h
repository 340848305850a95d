// How a record lies in a Kafka message: key, value and headers. docs/kafka.md describes it for people.
#pragma once

#include <array>
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

// Of a message's headers, what it does not share with others of its batch.
struct OwnHeaders {
  char offset[20];
  size_t offset_size = 0;
  char ours[72];
  size_t ours_size = 0;
  uint32_t severity = 0;
  bool leaves_attributes_out = false;  // the value does, and no header has them
};

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
  OwnHeaders Own(const RecordView& record, uint64_t end) const;
  Headers Make(const OwnHeaders& own) const;
  // Where in what Make returns the values stand.
  struct Places {
    std::array<char*, 4> shared;
    char* offset;
    char* ours;
    char* source;  // behind what is the message's own
  };
  Places PlacesIn(rd_kafka_headers_t* headers, const OwnHeaders& own) const;
  // For places in headers of the same shape: of a writer with the same shared_shape, for own ones of the same sizes.
  void FillShared(const Places& places) const;
  static void FillOwn(const OwnHeaders& own, const Places& places);
  // Equal where the shared headers are equal; where they have the same names, with values of the same sizes.
  const std::string& shared_text() const { return shared_text_; }
  const std::string& shared_shape() const { return shared_shape_; }
  // What a message's headers take in a request, at most.
  size_t BytesMax(const OwnHeaders& own) const { return shared_bytes_ + own.offset_size + own.ours_size + 64; }

 private:
  const Format format_;
  const bool whole_;
  std::string labels_;
  std::string_view source_;
  std::vector<std::pair<std::string_view, std::string_view>> shared_;
  std::string shared_text_;
  std::string shared_shape_;
  size_t shared_bytes_ = 0;
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
