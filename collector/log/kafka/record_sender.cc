#include "collector/log/kafka/record_sender.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "collector/log/kafka/names.h"

namespace sluice::collector::kafka {
namespace {

// Key, headers and what Kafka adds, beside what they share.
constexpr size_t kMessageOverhead = 512;
// A control character has six in JSON.
constexpr size_t kJsonGrowthMax = 6;

// Kafka refuses times that lie ahead, and a line may name any; the record keeps what it names.
int64_t TimestampOf(const RecordView& record, int64_t now_unix_nano) {
  const auto now = static_cast<uint64_t>(now_unix_nano);
  const uint64_t time = record.time_unix_nano;
  return static_cast<int64_t>((time == 0 || time > now ? now : time) / 1'000'000);
}

// What rd_kafka_produceva is told of a message.
class Arguments {
 public:
  // Room for one more. Valid as long as this.
  rd_kafka_vu_t& Add(rd_kafka_vtype_t type) {
    values_[count_].vtype = type;
    return values_[count_++];
  }
  static void SetBytes(std::string_view bytes, rd_kafka_vu_t* value) {
    // librdkafka reads it only: there is no F_FREE.
    value->u.mem.ptr = const_cast<char*>(bytes.data());
    value->u.mem.size = bytes.size();
  }
  const rd_kafka_vu_t* data() const { return values_.data(); }
  size_t size() const { return count_; }

 private:
  std::array<rd_kafka_vu_t, 8> values_;
  size_t count_ = 0;
};

}  // namespace

void RecordSender::Prepare(KafkaValueFormat format, Outgoing* outgoing) {
  const BatchView& view = outgoing->part.view;
  items_.clear();
  RecordCursor cursor(view.bytes.substr(view.records_begin));
  RecordView record;
  while (cursor.Next(&record)) {
    if (!items_.empty()) items_.back().end = record.offset;
    if (record.offset >= outgoing->from_offset) items_.push_back({record, view.end_offset, record.bytes});
  }
  if (format == KafkaValueFormat::kText) {
    for (Item& item : items_) item.value = item.record.raw_body.empty() ? item.record.body : item.record.raw_body;
  } else if (format == KafkaValueFormat::kJson) {
    std::vector<size_t> ends;
    for (const Item& item : items_) {
      AppendValue(item.record, format, &outgoing->values);
      ends.push_back(outgoing->values.size());
    }
    size_t begin = 0;
    for (size_t i = 0; i < items_.size(); ++i) {
      items_[i].value = std::string_view(outgoing->values).substr(begin, ends[i] - begin);
      begin = ends[i];
    }
  }
  outgoing->messages = static_cast<uint32_t>(items_.size());
  outgoing->bytes = 0;
  for (const Item& item : items_) outgoing->bytes += item.value.size();
}

rd_kafka_resp_err_t RecordSender::Produce(rd_kafka_t* client, rd_kafka_topic_t* topic, HeaderWriter::Format format,
                                          int64_t now_unix_nano, Outgoing* outgoing, uint32_t* sent) {
  const BatchView& view = outgoing->part.view;
  const std::string key = FileName(view.agent, view.file);
  const HeaderWriter headers(view, format, outgoing->whole);
  *sent = 0;
  Arguments arguments;
  arguments.Add(RD_KAFKA_VTYPE_RKT).u.rkt = topic;
  arguments.Add(RD_KAFKA_VTYPE_PARTITION).u.i32 = outgoing->partition.partition;
  arguments.Add(RD_KAFKA_VTYPE_MSGFLAGS).u.i = 0;
  Arguments::SetBytes(key, &arguments.Add(RD_KAFKA_VTYPE_KEY));
  arguments.Add(RD_KAFKA_VTYPE_OPAQUE).u.ptr = outgoing;
  rd_kafka_vu_t& value = arguments.Add(RD_KAFKA_VTYPE_VALUE);
  rd_kafka_vu_t& timestamp = arguments.Add(RD_KAFKA_VTYPE_TIMESTAMP);
  rd_kafka_vu_t& own_headers = arguments.Add(RD_KAFKA_VTYPE_HEADERS);
  for (const Item& item : items_) {
    Headers own = headers.Of(item.record, item.end);
    // An empty line is a value of no bytes; no value at all would be a tombstone.
    Arguments::SetBytes(item.value.data() == nullptr ? std::string_view("") : item.value, &value);
    timestamp.u.i64 = TimestampOf(item.record, now_unix_nano);
    own_headers.u.headers = own.get();
    const Error error(rd_kafka_produceva(client, arguments.data(), arguments.size()));
    if (error != nullptr) return rd_kafka_error_code(error.get());
    (void)own.release();  // the message's now
    ++*sent;
  }
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

size_t LargestMessage(const BatchView& view, KafkaValueFormat format) {
  // No record is larger than its batch; only what may be too large is looked at one by one.
  const size_t bound = view.bytes.size() * (format == KafkaValueFormat::kJson ? kJsonGrowthMax : 1) + kMessageOverhead;
  if (bound <= kTopicMessageBytesMax) return bound;
  size_t largest = 0;
  RecordCursor cursor(view.bytes.substr(view.records_begin));
  RecordView record;
  std::string json;
  while (cursor.Next(&record)) {
    size_t size = record.bytes.size();
    if (format == KafkaValueFormat::kJson && size * kJsonGrowthMax > largest) {
      json.clear();
      AppendValue(record, format, &json);
      size = json.size();
    }
    largest = std::max(largest, size);
  }
  return largest + kMessageOverhead + view.records_begin;
}

}  // namespace sluice::collector::kafka
