#include "collector/log/kafka/record_sender.h"

#include <string>
#include <string_view>

#include "base/clock.h"
#include "collector/log/testing_batches.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::collector::kafka {
namespace {

// A client that reaches nobody: what it is given comes back when it is purged.
class RecordSenderTest : public ::testing::Test {
 protected:
  RecordSenderTest() {
    rd_kafka_conf_t* const conf = rd_kafka_conf_new();
    rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_DR);
    char reason[512];
    client_.reset(rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof reason));
    topic_.reset(rd_kafka_topic_new(client_.get(), "app", nullptr));
    outgoing_.part = {batch_.bytes, batch_.view};
    outgoing_.partition = {"app", 0};
    outgoing_.messages = batch_.view.count;
  }

  // How many messages came back whose values lie in the batch itself.
  size_t CountInPlace(KafkaValueFormat format) {
    RecordSender sender(client_.get(), {.value = format});
    RecordSender::Room room{.messages = 1'000, .bytes = 1 << 20};
    EXPECT_EQ(sender.Send(topic_.get(), SystemClock()->UnixNanos(), &outgoing_, &room), RD_KAFKA_RESP_ERR_NO_ERROR);
    EXPECT_EQ(outgoing_.handed, outgoing_.messages);
    rd_kafka_purge(client_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    const Queue queue(rd_kafka_queue_get_main(client_.get()));
    size_t in_place = 0;
    for (size_t back = 0; back < outgoing_.messages;) {
      const Event event(rd_kafka_queue_poll(queue.get(), 10'000));
      while (const rd_kafka_message_t* message =
                 event == nullptr ? nullptr : rd_kafka_event_message_next(event.get())) {
        const std::string_view bytes = batch_.view.bytes;
        const auto* const value = static_cast<const char*>(message->payload);
        if (value >= bytes.data() && value + message->len <= bytes.data() + bytes.size()) ++in_place;
        EXPECT_EQ(sender.Finish(*message), &outgoing_);
        ++back;
      }
    }
    return in_place;
  }

  Client client_;
  Topic topic_;
  PendingBatch batch_ = testing::Pend({.lines = 100, .line_bytes = 100});
  Outgoing outgoing_;
};

TEST_F(RecordSenderTest, RecordsStayWhereTheyCameIn) { EXPECT_EQ(CountInPlace(KafkaValueFormat::kProtobuf), 100u); }

TEST_F(RecordSenderTest, LinesStayWhereTheyCameIn) { EXPECT_EQ(CountInPlace(KafkaValueFormat::kText), 100u); }

TEST_F(RecordSenderTest, JsonIsMadeForEachMessage) { EXPECT_EQ(CountInPlace(KafkaValueFormat::kJson), 0u); }

}  // namespace
}  // namespace sluice::collector::kafka
