#include "collector/log/kafka/record_sender.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "base/log.h"
#include "collector/log/kafka/names.h"

namespace sluice::collector::kafka {
namespace {

// What Kafka adds to key, value and headers: lengths, and the like.
constexpr size_t kMessageOverhead = 36;
// Key and headers of a message, beside what it shares with others.
constexpr size_t kOwnBytesMax = 512;
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

// A value that is put together for its message goes with the message; a piece of the batch stays where it is.
std::string_view ValueOf(const RecordView& record, KafkaValueFormat format, std::string* made) {
  switch (format) {
    case KafkaValueFormat::kProtobuf:
      return record.bytes;
    case KafkaValueFormat::kText:
      // An empty line is a value of no bytes; no value at all would be a tombstone.
      return ExactLine(record).data() == nullptr ? std::string_view("") : ExactLine(record);
    case KafkaValueFormat::kJson:
      made->clear();
      AppendValue(record, format, made);
  }
  return *made;
}

// The records of `outgoing` that librdkafka was not given yet.
std::string_view RestOf(Outgoing* outgoing) {
  if (outgoing->begun) return outgoing->rest;
  const BatchView& view = outgoing->part.view;
  outgoing->begun = true;
  return view.bytes.substr(view.records_begin);
}

}  // namespace

rd_kafka_resp_err_t RecordSender::Send(rd_kafka_topic_t* topic, int64_t now_unix_nano, Outgoing* outgoing, Room* room) {
  const BatchView& view = outgoing->part.view;
  const std::string key = FileName(view.agent, view.file);
  const HeaderWriter headers(view, format_, outgoing->whole);
  headers_.Begin(&headers);
  const size_t overhead = kMessageOverhead + key.size();
  Arguments arguments;
  arguments.Add(RD_KAFKA_VTYPE_RKT).u.rkt = topic;
  arguments.Add(RD_KAFKA_VTYPE_PARTITION).u.i32 = outgoing->partition.partition;
  arguments.Add(RD_KAFKA_VTYPE_MSGFLAGS).u.i = format_.value == KafkaValueFormat::kJson ? RD_KAFKA_MSG_F_COPY : 0;
  Arguments::SetBytes(key, &arguments.Add(RD_KAFKA_VTYPE_KEY));
  rd_kafka_vu_t& opaque = arguments.Add(RD_KAFKA_VTYPE_OPAQUE);
  rd_kafka_vu_t& value = arguments.Add(RD_KAFKA_VTYPE_VALUE);
  rd_kafka_vu_t& timestamp = arguments.Add(RD_KAFKA_VTYPE_TIMESTAMP);
  rd_kafka_vu_t& own_headers = arguments.Add(RD_KAFKA_VTYPE_HEADERS);

  outgoing->rest = RestOf(outgoing);
  RecordCursor cursor(outgoing->rest);
  RecordView record;
  RecordView next;
  for (bool more = cursor.Next(&next); more && room->messages > 0;) {
    record = next;
    more = cursor.Next(&next);
    if (outgoing->delivered.Has(record.offset)) {
      outgoing->rest.remove_prefix(record.field.size());
      continue;
    }
    const std::string_view bytes = ValueOf(record, format_.value, &value_);
    const OwnHeaders own = headers.Own(record, more ? next.offset : view.end_offset);
    if (own.leaves_attributes_out && !std::exchange(told_, true)) TellWhatIsLeftOut(view);
    const size_t size = bytes.size() + overhead + headers.BytesMax(own);
    if (size > room->bytes && !room->untouched) break;
    HeaderPool::Lent* const lent = headers_.Take(own);
    lent->outgoing = outgoing;
    opaque.u.ptr = lent;
    Arguments::SetBytes(bytes, &value);
    timestamp.u.i64 = TimestampOf(record, now_unix_nano);
    own_headers.u.headers = lent->headers.get();
    const Error error(rd_kafka_produceva(client_, arguments.data(), arguments.size()));
    if (error != nullptr) {
      headers_.GiveBack(lent);
      return rd_kafka_error_code(error.get());
    }
    (void)lent->headers.release();  // the message's now
    outgoing->rest.remove_prefix(record.field.size());
    ++outgoing->handed;
    room->Take(size);
  }
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

void RecordSender::TellWhatIsLeftOut(const BatchView& batch) {
  log::Warn("kafka", "value_format text leaves out attributes; json and protobuf keep them",
            {{"first_topic", batch.topic}, {"path", batch.path}});
}

Outgoing* RecordSender::Finish(const rd_kafka_message_t& message) {
  auto* const lent = static_cast<HeaderPool::Lent*>(message._private);
  Outgoing* const outgoing = lent->outgoing;
  rd_kafka_headers_t* headers = nullptr;
  // The message goes with its event; its headers are ours again.
  (void)rd_kafka_message_detach_headers(const_cast<rd_kafka_message_t*>(&message), &headers);
  lent->headers.reset(headers);
  headers_.GiveBack(lent);
  return outgoing;
}

RecordCount CountRecords(const BatchView& batch, const DeliveredRecords& delivered) {
  const std::string_view records = batch.bytes.substr(batch.records_begin);
  // The summary is true; no record needs to be looked at.
  if (delivered.NoneFrom(batch.first_offset)) return {batch.count, records.size()};
  RecordCount count;
  RecordCursor cursor(records);
  RecordView record;
  while (cursor.Next(&record)) {
    if (delivered.Has(record.offset)) continue;
    ++count.records;
    count.bytes += record.field.size();
  }
  return count;
}

size_t LargestMessage(const BatchView& view, KafkaValueFormat format) {
  // No record is larger than its batch; only what may be too large is looked at one by one.
  const size_t bound = view.bytes.size() * (format == KafkaValueFormat::kJson ? kJsonGrowthMax : 1) + kOwnBytesMax;
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
  return largest + kOwnBytesMax + view.records_begin;
}

}  // namespace sluice::collector::kafka
