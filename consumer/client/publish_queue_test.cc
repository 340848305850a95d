#include "consumer/client/publish_queue.h"

#include <string>
#include <vector>

#include "consumer/client/publisher.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr size_t kBytes = 1 << 20;
const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

v1::LogRecord Record(std::string body) {
  v1::LogRecord record;
  record.set_body(std::move(body));
  record.set_time_unix_nano(7);
  return record;
}

PublishQueue MakeQueue(bool ephemeral = false) {
  v1::LogBatch shared;
  shared.set_agent("billing");
  return PublishQueue(shared, "instance", ephemeral);
}

// "topic:number body", of all records of the next message.
std::vector<std::string> Send(PublishQueue* queue, size_t bytes_max = kBytes, absl::Time now = kNow) {
  v1::PushRequest request;
  std::vector<std::string> sent;
  if (!queue->FillMessage(bytes_max, now, &request)) return sent;
  for (const v1::LogBatch& batch : request.batches()) {
    for (const v1::LogRecord& record : batch.records()) {
      sent.push_back(batch.topic() + ":" + std::to_string(record.offset()) + " " + record.body());
    }
  }
  return sent;
}

v1::Ack AckOf(uint64_t sequence) {
  v1::Ack ack;
  ack.set_sequence(sequence);
  return ack;
}

v1::Ack Refusal(uint64_t sequence, uint32_t batch, absl::StatusCode code = absl::StatusCode::kResourceExhausted) {
  v1::Ack ack = AckOf(sequence);
  v1::Rejection* rejection = ack.add_rejections();
  rejection->set_sequence(sequence);
  rejection->set_batch(batch);
  rejection->set_code(static_cast<int>(code));
  rejection->set_reason("too many topics");
  return ack;
}

v1::FileWatermark Mark(std::string_view topic, uint64_t end, uint64_t stamp = 0) {
  v1::FileWatermark mark;
  mark.mutable_file()->set_inode(TopicInode(topic));
  mark.set_end_offset(end);
  mark.mutable_frontier()->set_xxh3(stamp);
  return mark;
}

TEST(PublishQueueTest, NumbersTheRecordsOfATopicFromWhereTheCollectorIs) {
  PublishQueue queue = MakeQueue();
  ASSERT_TRUE(queue.Add("a", {}, Record("x")).ok());
  ASSERT_TRUE(queue.Connected({Mark("a", 5), Mark("b", 9)}).ok());
  ASSERT_TRUE(queue.Add("a", {}, Record("y")).ok());
  ASSERT_TRUE(queue.Add("b", {}, Record("z")).ok());
  ASSERT_TRUE(queue.Add("c", {}, Record("new")).ok());
  EXPECT_EQ(queue.Held("b"), 9);
  EXPECT_THAT(Send(&queue), ElementsAre("a:5 x", "a:6 y", "b:9 z", "c:0 new"));
  EXPECT_THAT(Send(&queue), ElementsAre());
  ASSERT_TRUE(queue.Acknowledged(AckOf(1), kNow).ok());
  EXPECT_EQ(queue.records(), 0);
  EXPECT_EQ(queue.bytes(), 0);
  EXPECT_EQ(queue.Held("a"), 7);
}

TEST(PublishQueueTest, BatchesAreAsACollectorWantsThem) {
  PublishQueue queue = MakeQueue();
  ASSERT_TRUE(queue.Connected({}).ok());
  v1::LogRecord record = Record("x");
  record.set_severity(v1::SEVERITY_WARN);
  record.set_time_unix_nano(3);
  ASSERT_TRUE(queue.Add("a", {}, Record("w")).ok());
  ASSERT_TRUE(queue.Add("a", {}, record).ok());
  v1::PushRequest request;
  ASSERT_TRUE(queue.FillMessage(kBytes, kNow, &request));
  EXPECT_EQ(request.sequence(), 1);
  const v1::LogBatch& batch = request.batches(0);
  EXPECT_EQ(batch.agent(), "billing");
  EXPECT_EQ(batch.first_offset(), 0);
  EXPECT_EQ(batch.end_offset(), 2);
  EXPECT_EQ(batch.summary().count(), 2);
  EXPECT_EQ(batch.summary().severities(), 1u | 1u << 13);
  EXPECT_EQ(batch.summary().min_time_unix_nano(), 3);
  EXPECT_EQ(batch.summary().max_time_unix_nano(), 7);
}

TEST(PublishQueueTest, SendsAgainWithTheSameNumbersWhatWasNotAcknowledged) {
  PublishQueue queue = MakeQueue();
  ASSERT_TRUE(queue.Connected({}).ok());
  for (const char* body : {"0", "1", "2"}) ASSERT_TRUE(queue.Add("a", {}, Record(body)).ok());
  EXPECT_THAT(Send(&queue, 1), ElementsAre("a:0 0"));
  EXPECT_THAT(Send(&queue, 1), ElementsAre("a:1 1"));
  queue.Disconnected();
  ASSERT_TRUE(queue.Connected({Mark("a", 1)}).ok());
  EXPECT_EQ(queue.acknowledged(), 1);
  EXPECT_THAT(Send(&queue), ElementsAre("a:1 1", "a:2 2"));
}

TEST(PublishQueueTest, KnowsWhenSomebodyElseHasPublishedWithItsId) {
  PublishQueue queue = MakeQueue();
  ASSERT_TRUE(queue.Connected({}).ok());
  ASSERT_TRUE(queue.Add("a", {}, Record("0")).ok());
  v1::PushRequest request;
  ASSERT_TRUE(queue.FillMessage(kBytes, kNow, &request));
  const uint64_t own = request.batches(0).frontier().xxh3();
  EXPECT_EQ(queue.Connected({Mark("a", 1, own + 1)}).code(), absl::StatusCode::kAborted);
  EXPECT_TRUE(queue.Connected({Mark("a", 1, own)}).ok());
  EXPECT_EQ(queue.records(), 0);
}

TEST(PublishQueueTest, WhatWasNeverSentIsNumberedBehindSomebodyElse) {
  PublishQueue queue = MakeQueue();
  ASSERT_TRUE(queue.Connected({}).ok());
  ASSERT_TRUE(queue.Add("a", {}, Record("0")).ok());
  ASSERT_TRUE(queue.Connected({Mark("a", 4, 99)}).ok());
  EXPECT_THAT(Send(&queue), ElementsAre("a:4 0"));
}

TEST(PublishQueueTest, AnEphemeralPublisherThatWasForgottenSaysSo) {
  PublishQueue queue = MakeQueue(/*ephemeral=*/true);
  ASSERT_TRUE(queue.Connected({}).ok());
  ASSERT_TRUE(queue.Add("a", {}, Record("0")).ok());
  Send(&queue);
  ASSERT_TRUE(queue.Acknowledged(AckOf(1), kNow).ok());
  ASSERT_TRUE(queue.Add("a", {}, Record("1")).ok());
  Send(&queue);
  EXPECT_THAT(std::string(queue.Connected({}).message()), HasSubstr("forgotten"));
}

TEST(PublishQueueTest, LeavesOutNumbersThatTheCollectorHoldsOrThatWereGiven) {
  PublishQueue queue = MakeQueue();
  ASSERT_TRUE(queue.Add("a", 1, Record("1")).ok());
  ASSERT_TRUE(queue.Add("a", 4, Record("4")).ok());
  ASSERT_TRUE(queue.Add("a", 4, Record("4")).ok());
  ASSERT_TRUE(queue.Connected({Mark("a", 3)}).ok());
  ASSERT_TRUE(queue.Add("a", 2, Record("2")).ok());
  ASSERT_TRUE(queue.Add("a", 9, Record("9")).ok());
  EXPECT_THAT(Send(&queue), ElementsAre("a:4 4", "a:9 9"));
  ASSERT_TRUE(queue.Acknowledged(AckOf(1), kNow).ok());
  EXPECT_EQ(queue.Held("a"), 10);
  EXPECT_EQ(queue.acknowledged(), 5);
  EXPECT_EQ(queue.left_out(), 3);
  EXPECT_TRUE(queue.IsDone(queue.taken()));
}

TEST(PublishQueueTest, ATopicIsNumberedByOneOfBothOnly) {
  PublishQueue queue = MakeQueue();
  ASSERT_TRUE(queue.Add("a", 1, Record("1")).ok());
  EXPECT_THAT(std::string(queue.Add("a", {}, Record("2")).message()), HasSubstr("either Publish or PublishAt"));
}

TEST(PublishQueueTest, WhatWasRefusedIsSentAgainLaterInOrder) {
  PublishQueue queue = MakeQueue();
  ASSERT_TRUE(queue.Connected({}).ok());
  ASSERT_TRUE(queue.Add("a", {}, Record("0")).ok());
  ASSERT_TRUE(queue.Add("b", {}, Record("0")).ok());
  Send(&queue);
  ASSERT_TRUE(queue.Add("a", {}, Record("1")).ok());
  EXPECT_THAT(Send(&queue), ElementsAre("a:1 1"));
  ASSERT_TRUE(queue.Acknowledged(Refusal(1, 0), kNow).ok());
  EXPECT_EQ(queue.records(), 2);  // b is done
  EXPECT_THAT(std::string(queue.refusal().message()), HasSubstr("topic 'a': too many topics"));
  // The second message is still on its way.
  EXPECT_THAT(Send(&queue, kBytes, kNow + absl::Seconds(5)), ElementsAre());
  ASSERT_TRUE(queue.Acknowledged(Refusal(2, 0), kNow).ok());
  EXPECT_THAT(Send(&queue), ElementsAre());
  EXPECT_THAT(Send(&queue, kBytes, queue.NextRetry()), ElementsAre("a:0 0", "a:1 1"));
  ASSERT_TRUE(queue.Acknowledged(AckOf(3), kNow).ok());
  EXPECT_TRUE(queue.refusal().ok());
  EXPECT_EQ(queue.records(), 0);
}

TEST(PublishQueueTest, WhatIsRefusedForGoodAgainAndAgainIsAnError) {
  PublishQueue queue = MakeQueue();
  ASSERT_TRUE(queue.Connected({}).ok());
  ASSERT_TRUE(queue.Add("a", {}, Record("0")).ok());
  absl::Status status;
  absl::Time now = kNow;
  uint64_t sequence = 0;
  while (status.ok() && sequence < 100) {
    ASSERT_THAT(Send(&queue, kBytes, now), ElementsAre("a:0 0"));
    status = queue.Acknowledged(Refusal(++sequence, 0, absl::StatusCode::kInvalidArgument), now);
    now = queue.NextRetry();
  }
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
}

TEST(PublishQueueTest, IsDoneWhenAllTopicsAre) {
  PublishQueue queue = MakeQueue();
  ASSERT_TRUE(queue.Connected({}).ok());
  ASSERT_TRUE(queue.Add("a", {}, Record("0")).ok());
  ASSERT_TRUE(queue.Add("b", {}, Record("0")).ok());
  Send(&queue, 1);  // a
  Send(&queue, 1);  // b
  const uint64_t two = queue.taken();
  ASSERT_TRUE(queue.Add("a", {}, Record("1")).ok());
  ASSERT_TRUE(queue.Acknowledged(AckOf(1), kNow).ok());
  EXPECT_FALSE(queue.IsDone(two));
  ASSERT_TRUE(queue.Acknowledged(AckOf(2), kNow).ok());
  EXPECT_TRUE(queue.IsDone(two));
  EXPECT_FALSE(queue.IsDone(queue.taken()));
}

TEST(PublishQueueTest, RecordsAreMadeWhatACollectorTakes) {
  v1::LogRecord record;
  record.set_body("a\xff");
  record.set_offset(3);
  ASSERT_TRUE(CheckRecord(kNow, &record).ok());
  EXPECT_EQ(record.raw_body(), "a\xff");
  EXPECT_EQ(record.body(), "a\xef\xbf\xbd");
  EXPECT_EQ(record.offset(), 0);
  EXPECT_EQ(record.time_unix_nano(), absl::ToUnixNanos(kNow));

  record.set_severity(static_cast<v1::Severity>(25));
  EXPECT_THAT(std::string(CheckRecord(kNow, &record).message()), HasSubstr("severity is 25"));
  record.clear_severity();
  (*record.mutable_attributes())["k"] = "\xff";
  EXPECT_THAT(std::string(CheckRecord(kNow, &record).message()), HasSubstr("attributes: \"k\""));
  record.clear_attributes();
  record.set_body(std::string(kPublishedRecordBytesMax, 'x'));
  EXPECT_THAT(std::string(CheckRecord(kNow, &record).message()), HasSubstr("allowed are 786432"));
}

TEST(PublishQueueTest, TopicsAreChecked) {
  for (const char* good : {"a", "a.b-c_D9", "..."}) EXPECT_TRUE(CheckTopicName(good).ok()) << good;
  for (const std::string& bad :
       {std::string(), std::string("."), std::string("a/b"), std::string("a b"), std::string(250, 'a')}) {
    EXPECT_FALSE(CheckTopicName(bad).ok()) << bad;
  }
}

}  // namespace
}  // namespace sluice::client
