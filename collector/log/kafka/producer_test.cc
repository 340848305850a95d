// What a producer makes of batches, with librdkafka's mock broker.
#include "collector/log/kafka/producer.h"

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "collector/log/testing_batches.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "librdkafka/rdkafka_mock.h"

namespace sluice::collector::kafka {
namespace {

using ::testing::Each;

constexpr int kPartitions = 2;

class ProducerTest : public ::testing::Test {
 protected:
  ProducerTest() {
    char reason[512];
    owner_.reset(rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), reason, sizeof reason));
    brokers_ = rd_kafka_mock_cluster_new(owner_.get(), 1);
    rd_kafka_mock_topic_create(brokers_, "app", kPartitions, 1);
    options_.brokers = {rd_kafka_mock_cluster_bootstraps(brokers_)};
    options_.create_topics = false;
  }
  ~ProducerTest() override {
    producer_.reset();
    rd_kafka_mock_cluster_destroy(brokers_);
  }

  void Make() {
    auto producer = Producer::Make(options_, SystemClock(), nullptr, /*alone=*/false, [this](const auto& reports) {
      MutexLock lock(&mutex_);
      for (const Producer::Report& report : reports) {
        EXPECT_TRUE(report.error != RD_KAFKA_RESP_ERR_NO_ERROR || report.last - report.first + 1 == report.messages);
        reports_.push_back(report);
        reported_ += report.messages;
      }
      changed_.SignalAll();
    });
    ASSERT_TRUE(producer.ok()) << producer.status();
    producer_ = *std::move(producer);
  }
  Outgoing* Add(const testing::BatchSpec& spec, int32_t partition) {
    batches_.push_back(std::make_unique<PendingBatch>(testing::Pend(spec)));
    auto outgoing = std::make_unique<Outgoing>();
    outgoing->part = {batches_.back()->bytes, batches_.back()->view};
    outgoing->partition = {"app", partition};
    outgoing->messages = CountRecords(outgoing->part.view, {}).records;
    outgoing_.push_back(std::move(outgoing));
    return outgoing_.back().get();
  }
  void WaitFor(size_t messages) {
    MutexLock lock(&mutex_);
    while (reported_ < messages) changed_.Wait(&mutex_);
  }
  std::vector<Producer::Report> reports() {
    MutexLock lock(&mutex_);
    return reports_;
  }

  kafka::Client owner_;
  rd_kafka_mock_cluster_t* brokers_ = nullptr;
  KafkaOptions options_;
  std::vector<std::unique_ptr<PendingBatch>> batches_;
  std::vector<std::unique_ptr<Outgoing>> outgoing_;
  Mutex mutex_;
  CondVar changed_;
  std::vector<Producer::Report> reports_ ABSL_GUARDED_BY(mutex_);
  size_t reported_ ABSL_GUARDED_BY(mutex_) = 0;
  std::unique_ptr<Producer> producer_;
};

TEST_F(ProducerTest, ReportsEveryMessageOfEachPartitionInItsOrder) {
  Make();
  size_t messages = 0;
  // Requests that hold several batches, and batches that need several requests.
  for (uint32_t i = 0; i < 40; ++i) {
    Outgoing* const outgoing =
        Add({.inode = i + 1, .lines = i % 4 == 0 ? 5'000u : 7u}, static_cast<int32_t>(i % kPartitions));
    messages += outgoing->messages;
    producer_->Send(outgoing);
  }
  WaitFor(messages);
  std::map<int32_t, int64_t> ends;
  std::map<const Outgoing*, size_t> of_batch;
  for (const Producer::Report& report : reports()) {
    EXPECT_EQ(report.error, RD_KAFKA_RESP_ERR_NO_ERROR);
    EXPECT_EQ(report.first, ends[report.outgoing->partition.partition]);
    ends[report.outgoing->partition.partition] = report.last + 1;
    of_batch[report.outgoing] += report.messages;
  }
  for (const auto& outgoing : outgoing_) EXPECT_EQ(of_batch[outgoing.get()], outgoing->messages);
}

TEST_F(ProducerTest, SendsAFullRequestAtOnceWhateverMakesItFull) {
  options_.properties["linger.ms"] = "900000";
  Make();
  producer_->Send(Add({.inode = 1, .lines = 3'000, .line_bytes = 100}, 0));   // by number
  producer_->Send(Add({.inode = 2, .lines = 300, .line_bytes = 10'000}, 1));  // by bytes
  // What is left over of each waits for more.
  WaitFor(2'000 + 3 * 95);
}

TEST_F(ProducerTest, WhatIsGivenUpIsReportedWhereverItIs) {
  rd_kafka_mock_broker_set_down(brokers_, 1);
  Make();
  for (uint64_t i = 0; i < 3; ++i) producer_->Send(Add({.inode = i + 1, .lines = 3'000}, 0));
  producer_->Purge(/*in_flight=*/true);
  WaitFor(9'000);
  // Nothing goes out behind what was given up.
  producer_->Send(Add({.inode = 4, .lines = 10}, 1));
  WaitFor(9'010);
  std::vector<bool> failed;
  for (const Producer::Report& report : reports()) failed.push_back(report.error != RD_KAFKA_RESP_ERR_NO_ERROR);
  EXPECT_THAT(failed, Each(true));
}

TEST_F(ProducerTest, GivesNothingMoreToLibrdkafkaAfterAnError) {
  Make();
  producer_->Send(Add({.inode = 1, .lines = 10}, 0));
  WaitFor(10);
  const std::vector<rd_kafka_resp_err_t> errors(1, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
  rd_kafka_mock_push_request_errors_array(brokers_, /*produce*/ 0, errors.size(), errors.data());
  producer_->Send(Add({.inode = 1, .first_offset = 160, .lines = 10}, 0));
  WaitFor(20);
  producer_->Send(Add({.inode = 2, .lines = 10}, 1));
  producer_->Purge(/*in_flight=*/false);
  WaitFor(30);
  EXPECT_EQ(reports().back().error, RD_KAFKA_RESP_ERR__PURGE_QUEUE);
}

}  // namespace
}  // namespace sluice::collector::kafka
