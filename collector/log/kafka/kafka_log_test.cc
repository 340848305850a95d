// What only this engine has to do, on a real broker.
#include "collector/log/kafka/kafka_log.h"

#include <memory>
#include <string>
#include <vector>

#include "base/strings.h"
#include "collector/log/kafka/testing_broker.h"
#include "collector/log/testing_log.h"
#include "gmock/gmock.h"
#include "prometheus/registry.h"

namespace sluice::collector {
namespace {

using testing::AppendAll;
using testing::AppendOne;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::Names;
using testing::OneLine;
using testing::Pend;
using testing::ReadFrom;
using ::testing::UnorderedElementsAre;
using Outcome = AppendResult::Outcome;

class KafkaLogTest : public ::testing::Test {
 protected:
  KafkaLogTest() : options_(testing::Broker::Shared().NewLog()) {}

  std::unique_ptr<KafkaLog> Open() {
    registries_.push_back(std::make_unique<prometheus::Registry>());
    auto log = KafkaLog::Open(options_, registries_.back().get());
    EXPECT_TRUE(log.ok()) << log.status();
    return *std::move(log);
  }

  std::vector<std::unique_ptr<prometheus::Registry>> registries_;
  KafkaOptions options_;
};

TEST_F(KafkaLogTest, RejectsALineThatTheTopicDoesNotTakeAndDeliversAllOthersOnceAndInOrder) {
  testing::Broker::Shared().Admin(StrCat("org.apache.kafka.tools.TopicCommand --create --partitions 1 --topic ",
                                         options_.topic_prefix, "app --config max.message.bytes=3000"));
  const auto log = Open();
  const std::vector<AppendResult> results =
      AppendAll(*log, {Pend(OneLine("app", 1, 0)), Pend({.inode = 2, .lines = 1, .line_bytes = 8'000}),
                       Pend(OneLine("app", 1, 10)), Pend(OneLine("app", 2, 8'000)), Pend(OneLine("app", 3, 0))});
  EXPECT_EQ(results[0].outcome, Outcome::kStored);
  EXPECT_EQ(results[1].rejection.code(), absl::StatusCode::kInvalidArgument) << results[1].rejection;
  EXPECT_THAT(std::string(results[1].rejection.message()), HasSubstr("max.message.bytes"));
  EXPECT_EQ(results[2].outcome, Outcome::kStored);
  EXPECT_EQ(results[3].outcome, Outcome::kRejected) << "it must not pass what is missing";
  EXPECT_EQ(results[4].outcome, Outcome::kStored);
  EXPECT_THAT(Names(ReadFrom(*log, Position())), ElementsAre("app:0", "app:10", "app:0"));
}

TEST_F(KafkaLogTest, ACollectorThatTakesOverKnowsWhatTheOtherOneDeliveredAndHasNotRecorded) {
  options_.watermark_interval = absl::Hours(1);  // records nothing before its end
  const auto first = Open();
  EXPECT_EQ(AppendOne(*first, {.lines = 3, .line_bytes = 10}).outcome, Outcome::kStored);
  const auto second = Open();
  const auto watermarks = second->Watermarks("web-1");
  ASSERT_TRUE(watermarks.ok()) << watermarks.status();
  ASSERT_EQ(watermarks->size(), 1u);
  EXPECT_EQ(watermarks->front().end_offset(), 30u);
  EXPECT_EQ(AppendOne(*second, {.lines = 4, .line_bytes = 10}).outcome, Outcome::kStored);
  // And back again.
  EXPECT_EQ(first->Watermarks("web-1")->front().end_offset(), 40u);
  EXPECT_EQ(AppendOne(*first, {.lines = 4, .line_bytes = 10}).outcome, Outcome::kDuplicate);
  for (KafkaLog* log : {first.get(), second.get()}) {
    EXPECT_THAT(Names(ReadFrom(*log, Position())), ElementsAre("app:0", "app:10", "app:20", "app:30"));
  }
}

// A part that arrived is not sent again, though the batch as a whole was not delivered.
TEST_F(KafkaLogTest, ACollectorThatTakesOverKnowsThePartsThatArrivedOfABatch) {
  testing::Broker::Shared().Admin(StrCat("org.apache.kafka.tools.TopicCommand --create --partitions 1 --topic ",
                                         options_.topic_prefix, "left --config max.message.bytes=3000"));
  options_.watermark_interval = absl::Hours(1);
  options_.properties["linger.ms"] = "300";  // a part's messages go in one request, and arrive together
  const v1::LogBatch batch = testing::MakeBatch({.lines = 3, .line_bytes = 8'000});
  v1::LogBatch small = testing::Cut(batch, "right", 0, 3);
  for (v1::LogRecord& record : *small.mutable_records()) record.set_body("small");
  const PendingBatch pending = testing::InParts(batch, {testing::Cut(batch, "left", 0, 2), small});
  const auto first = Open();
  const auto second = Open();
  for (KafkaLog* log : {first.get(), second.get()}) {
    EXPECT_EQ(log->Watermarks("web-1")->size(), 0u);
    const AppendResult result = AppendAll(*log, {pending}).front();
    EXPECT_EQ(result.rejection.code(), absl::StatusCode::kInvalidArgument) << result.rejection;
    EXPECT_THAT(Names(ReadFrom(*log, Position())), ElementsAre("right:0", "right:8000", "right:16000"));
  }
}

TEST_F(KafkaLogTest, RefusesATopicWithMoreReplicasThanBrokers) {
  options_.replication_factor = 3;
  const auto none = KafkaLog::Open(options_, registries_.emplace_back(std::make_unique<prometheus::Registry>()).get());
  EXPECT_THAT(std::string(none.status().message()), HasSubstr("sluice-watermarks' cannot be created"));
  options_.replication_factor = 1;
  {
    Open();
  }  // makes the watermarks' topic
  options_.replication_factor = 3;
  const auto log = Open();
  const AppendResult refused = AppendOne(*log, OneLine("app", 1, 0));
  EXPECT_EQ(refused.rejection.code(), absl::StatusCode::kResourceExhausted) << refused.rejection;
  EXPECT_THAT(std::string(refused.rejection.message()), HasSubstr("app' cannot be created"));
  EXPECT_THAT(std::string(refused.rejection.message()), HasSubstr("INVALID_REPLICATION_FACTOR"));
}

TEST_F(KafkaLogTest, RefusesTopicsOfSluiceAndOfKafka) {
  options_.topic_prefix.clear();
  const auto log = Open();
  for (const char* topic : {"sluice-watermarks", "sluice-groups", "sluice-group-slots", "__consumer_offsets"}) {
    const AppendResult refused = AppendOne(*log, OneLine(topic, 1, 0));
    EXPECT_EQ(refused.rejection.code(), absl::StatusCode::kResourceExhausted) << refused.rejection;
    EXPECT_THAT(std::string(refused.rejection.message()), HasSubstr("one of Sluice's or Kafka's own")) << topic;
  }
  EXPECT_EQ(AppendOne(*log, OneLine("app", 2, 0)).outcome, Outcome::kStored);
}

TEST_F(KafkaLogTest, ACursorIsGoodOnEveryCollector) {
  const auto first = Open();
  AppendOne(*first, OneLine("app", 1, 0));
  const std::string cursor = first->FormatCursor(first->End());
  AppendOne(*first, OneLine("app", 1, 10));
  const auto second = Open();
  const auto position = second->ParseCursor(cursor);
  ASSERT_TRUE(position.ok()) << position.status();
  EXPECT_THAT(Names(ReadFrom(*second, *position)), ElementsAre("app:10"));
}

TEST_F(KafkaLogTest, TheEndIsThatOfTheBrokersAlsoWhereOthersWrite) {
  options_.refresh_interval = absl::Hours(1);
  const auto first = Open();
  AppendOne(*first, OneLine("app", 1, 0));
  const auto second = Open();
  const auto cursor = second->ParseCursor(first->FormatCursor(first->End()));
  ASSERT_TRUE(cursor.ok()) << cursor.status();
  AppendOne(*first, OneLine("app", 1, 10));
  AppendOne(*first, OneLine("new", 2, 0));
  EXPECT_THAT(Names(ReadFrom(*second, *cursor)), UnorderedElementsAre("app:10", "new:0"));
  // For who is to begin at the end, too: nothing of what is there is news.
  AppendOne(*first, OneLine("newer", 3, 0));
  EXPECT_THAT(Names(ReadFrom(*second, second->End())), ElementsAre());
}

TEST_F(KafkaLogTest, ACursorKeepsItsPlaceInTopicsThatAReaderDoesNotRead) {
  const auto log = Open();
  AppendOne(*log, OneLine("app", 1, 0));
  AppendOne(*log, OneLine("other", 2, 0));
  const Position end = log->End();
  AppendOne(*log, OneLine("app", 1, 10));
  AppendOne(*log, OneLine("other", 2, 10));
  const auto reader = log->NewReader(end, [](std::string_view topic) { return topic == "other"; });
  EXPECT_THAT(Names(testing::ReadAll(*reader)), ElementsAre("other:10"));
  EXPECT_THAT(Names(ReadFrom(*log, reader->position())), ElementsAre("app:10"));
}

TEST_F(KafkaLogTest, NamesTheTopicThatItMayNotMakeAndTakesItWhenItIsThere) {
  testing::Broker& broker = testing::Broker::Shared();
  {
    Open();
  }  // makes the watermarks' topic
  options_.create_topics = false;
  const auto log = Open();
  const AppendResult refused = AppendOne(*log, OneLine("app", 1, 0));
  EXPECT_EQ(refused.rejection.code(), absl::StatusCode::kResourceExhausted) << refused.rejection;
  EXPECT_THAT(std::string(refused.rejection.message()), HasSubstr(StrCat("'", options_.topic_prefix, "app'")));
  broker.Admin(StrCat("org.apache.kafka.tools.TopicCommand --create --topic ", options_.topic_prefix, "app"));
  AppendResult result = refused;
  while (result.outcome == Outcome::kRejected) result = AppendOne(*log, OneLine("app", 1, 0));
  EXPECT_EQ(result.outcome, Outcome::kStored);
}

}  // namespace
}  // namespace sluice::collector
