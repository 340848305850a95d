// What the engine makes of brokers' errors, with librdkafka's cluster of mock brokers: these come when the test says
// so.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "collector/log/kafka/handles.h"
#include "collector/log/kafka/kafka_log.h"
#include "collector/log/testing_log.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "librdkafka/rdkafka_mock.h"
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
using Outcome = AppendResult::Outcome;

// Kafka's number of the request.
constexpr int16_t kProduce = 0;

class BrokerErrorsTest : public ::testing::Test {
 protected:
  BrokerErrorsTest() {
    char reason[512];
    owner_.reset(rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), reason, sizeof reason));
    brokers_ = rd_kafka_mock_cluster_new(owner_.get(), 1);
    // It knows no request that makes topics.
    rd_kafka_mock_topic_create(brokers_, "sluice-watermarks", 1, 1);
    rd_kafka_mock_topic_create(brokers_, "app", 2, 1);
    KafkaOptions options;
    options.brokers = {rd_kafka_mock_cluster_bootstraps(brokers_)};
    options.create_topics = false;
    options.properties = {{"linger.ms", "1"}, {"retry.backoff.ms", "10"}, {"request.timeout.ms", "5000"}};
    options.watermark_interval = absl::Hours(1);  // no requests but the test's own
    options.stall_timeout = absl::Milliseconds(500);
    auto log = KafkaLog::Open(options, &registry_);
    EXPECT_TRUE(log.ok()) << log.status();
    log_ = *std::move(log);
    EXPECT_EQ(AppendOne(*log_, OneLine("app", 1, 0)).outcome, Outcome::kStored);
  }
  ~BrokerErrorsTest() override {
    log_.reset();
    rd_kafka_mock_cluster_destroy(brokers_);
  }

  // The next answers to what is produced.
  void Fail(const std::vector<rd_kafka_resp_err_t>& errors) {
    rd_kafka_mock_push_request_errors_array(brokers_, kProduce, errors.size(), errors.data());
  }
  // Lines of one file behind the first one, in batches.
  std::vector<AppendResult> AppendThree() {
    return AppendAll(*log_, {Pend(OneLine("app", 1, 10)), Pend(OneLine("app", 1, 20)), Pend(OneLine("app", 1, 30))});
  }
  void ExpectAllOnce() {
    EXPECT_THAT(Names(ReadFrom(*log_, Position())), ElementsAre("app:0", "app:10", "app:20", "app:30"));
  }

  kafka::Client owner_;
  rd_kafka_mock_cluster_t* brokers_ = nullptr;
  prometheus::Registry registry_;
  std::unique_ptr<KafkaLog> log_;
};

// Whatever is passing, or ends the producer, is nothing that an agent hears of.
class PassingErrorsTest : public BrokerErrorsTest, public ::testing::WithParamInterface<rd_kafka_resp_err_t> {};

TEST_P(PassingErrorsTest, AreSurvivedWithEachLineOnceAndInOrder) {
  Fail({GetParam(), GetParam(), GetParam()});
  for (const AppendResult& result : AppendThree()) {
    EXPECT_EQ(result.outcome, Outcome::kStored) << result.rejection;
  }
  ExpectAllOnce();
  EXPECT_TRUE(log_->Health().ok()) << log_->Health();
}

INSTANTIATE_TEST_SUITE_P(
    Errors, PassingErrorsTest,
    ::testing::Values(RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE,
                      RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
                      RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR, RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER,
                      RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID),
    [](const auto& info) { return std::string(rd_kafka_err2name(info.param)); });

TEST_F(BrokerErrorsTest, SendsOneByOneWhatWasRefusedTogether) {
  for (const auto error : {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RD_KAFKA_RESP_ERR_INVALID_MSG}) {
    Fail({error});
    for (const AppendResult& result : AppendThree()) EXPECT_NE(result.outcome, Outcome::kRejected) << result.rejection;
    ExpectAllOnce();
  }
}

TEST_F(BrokerErrorsTest, RejectsWhatIsTooLargeHoweverItIsSent) {
  Fail(std::vector<rd_kafka_resp_err_t>(20, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE));
  const AppendResult result = AppendOne(*log_, OneLine("app", 1, 10));
  EXPECT_EQ(result.rejection.code(), absl::StatusCode::kInvalidArgument) << result.rejection;
  EXPECT_THAT(std::string(result.rejection.message()), HasSubstr("max.message.bytes"));
  rd_kafka_mock_clear_request_errors(brokers_, kProduce);
  EXPECT_EQ(AppendOne(*log_, OneLine("app", 1, 10)).outcome, Outcome::kStored);
}

TEST_F(BrokerErrorsTest, RefusesATopicThatItMayNotWriteUntilItMay) {
  Fail({RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED});
  AppendResult result = AppendOne(*log_, OneLine("app", 1, 10));
  EXPECT_EQ(result.rejection.code(), absl::StatusCode::kResourceExhausted) << result.rejection;
  EXPECT_THAT(std::string(result.rejection.message()), HasSubstr("topic 'app'"));
  while (result.outcome == Outcome::kRejected) result = AppendOne(*log_, OneLine("app", 1, 10));
  EXPECT_EQ(result.outcome, Outcome::kStored);
  EXPECT_THAT(Names(ReadFrom(*log_, Position())), ElementsAre("app:0", "app:10"));
}

TEST_F(BrokerErrorsTest, IsOnlySlowWhereTheBrokerIs) {
  rd_kafka_mock_broker_set_rtt(brokers_, 1, 300);
  for (const AppendResult& result : AppendThree()) EXPECT_EQ(result.outcome, Outcome::kStored);
  ExpectAllOnce();
}

TEST_F(BrokerErrorsTest, WaitsForABrokerThatIsAwayAndSaysSo) {
  rd_kafka_mock_broker_set_down(brokers_, 1);
  Mutex mutex;
  CondVar answered;
  bool done = false;
  log_->Append({Pend(OneLine("app", 1, 10))}, [&](std::vector<AppendResult> results) {
    EXPECT_EQ(results[0].outcome, Outcome::kStored) << results[0].rejection;
    MutexLock lock(&mutex);
    done = true;
    answered.SignalAll();
  });
  MutexLock lock(&mutex);
  while (log_->Health().ok()) answered.WaitWithTimeout(&mutex, absl::Milliseconds(50));
  EXPECT_FALSE(done);
  EXPECT_THAT(std::string(log_->Health().message()), HasSubstr("acknowledged nothing"));
  rd_kafka_mock_broker_set_up(brokers_, 1);
  while (!done) answered.Wait(&mutex);
}

}  // namespace
}  // namespace sluice::collector
