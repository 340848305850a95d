// What the engine makes of brokers' errors, with librdkafka's cluster of mock brokers: these come when the test says
// so.
#include <functional>
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
using testing::BatchSpec;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using testing::Names;
using testing::OneLine;
using testing::Pend;
using testing::ReadFrom;
using Outcome = AppendResult::Outcome;

// Kafka's numbers of requests.
constexpr int16_t kProduce = 0;
constexpr int16_t kInitProducerId = 22;

// A batch that was appended and may not have an answer yet.
class Pending {
 public:
  Pending(EventLog& log, const BatchSpec& spec) {
    log.Append({Pend(spec)}, [this](std::vector<AppendResult> results) {
      MutexLock lock(&mutex_);
      results_ = std::move(results);
      answered_.SignalAll();
    });
  }
  bool done() {
    MutexLock lock(&mutex_);
    return !results_.empty();
  }
  AppendResult Await() {
    MutexLock lock(&mutex_);
    while (results_.empty()) answered_.Wait(&mutex_);
    return results_.front();
  }

 private:
  Mutex mutex_;
  CondVar answered_;
  std::vector<AppendResult> results_ ABSL_GUARDED_BY(mutex_);
};

class BrokerErrorsTest : public ::testing::Test {
 protected:
  explicit BrokerErrorsTest(int brokers = 1) {
    char reason[512];
    owner_.reset(rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), reason, sizeof reason));
    brokers_ = rd_kafka_mock_cluster_new(owner_.get(), brokers);
    // It knows no request that makes topics.
    rd_kafka_mock_topic_create(brokers_, "sluice-watermarks", 1, brokers);
    rd_kafka_mock_topic_create(brokers_, "app", 2, brokers);
    rd_kafka_mock_topic_create(brokers_, "other", 1, brokers);
    KafkaOptions options;
    options.brokers = {rd_kafka_mock_cluster_bootstraps(brokers_)};
    options.create_topics = false;
    options.properties = {
        {"linger.ms", "1"}, {"retry.backoff.ms", "10"}, {"request.timeout.ms", "5000"}, {"batch.num.messages", "10"}};
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
  static void Await(const std::function<bool()>& condition) {
    Mutex mutex;
    CondVar nobody;
    MutexLock lock(&mutex);
    while (!condition()) nobody.WaitWithTimeout(&mutex, absl::Milliseconds(10));
  }
  absl::Status AwaitUnhealthy() {
    absl::Status health;
    Await([&] { return !(health = log_->Health()).ok(); });
    return health;
  }
  double Gauge(const std::string& name) {
    for (const auto& family : registry_.Collect()) {
      if (family.name == name) return family.metric.front().gauge.value;
    }
    return -1;
  }
  double Counter(const std::string& name) {
    for (const auto& family : registry_.Collect()) {
      if (family.name == name) return family.metric.front().counter.value;
    }
    return -1;
  }
  double Producers() { return Counter("sluice_collector_kafka_producer_restarts_total"); }
  void ExpectAllOnce() {
    EXPECT_THAT(Names(ReadFrom(*log_, Position())), ElementsAre("app:0", "app:10", "app:20", "app:30"));
  }

  kafka::Client owner_;
  rd_kafka_mock_cluster_t* brokers_ = nullptr;
  prometheus::Registry registry_;
  std::unique_ptr<KafkaLog> log_;
};

// Whatever is passing, or ends the producer, is nothing that an agent hears of.
class PassingErrorsTest : public BrokerErrorsTest, public ::testing::WithParamInterface<rd_kafka_resp_err_t> {
 protected:
  // librdkafka tries the other ones again by itself.
  static bool EndsTheProducer() {
    return GetParam() == RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER ||
           GetParam() == RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH;
  }
};

TEST_P(PassingErrorsTest, AreSurvivedWithEachLineOnceAndInOrder) {
  Fail({GetParam(), GetParam(), GetParam()});
  for (const AppendResult& result : AppendThree()) {
    EXPECT_EQ(result.outcome, Outcome::kStored) << result.rejection;
  }
  ExpectAllOnce();
  EXPECT_TRUE(log_->Health().ok()) << log_->Health();
  EXPECT_EQ(Producers() > 0, EndsTheProducer()) << Producers();
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

// Whatever a broker has against a topic, known or not, does not hold up the others.
class RefusedTopicTest : public BrokerErrorsTest, public ::testing::WithParamInterface<rd_kafka_resp_err_t> {};

TEST_P(RefusedTopicTest, DoesNotHoldUpOthers) {
  Fail(std::vector<rd_kafka_resp_err_t>(500, GetParam()));
  AppendResult result = AppendOne(*log_, OneLine("app", 1, 10));
  EXPECT_EQ(result.rejection.code(), absl::StatusCode::kResourceExhausted) << result.rejection;
  EXPECT_THAT(std::string(result.rejection.message()), HasSubstr("topic 'app'"));
  EXPECT_THAT(std::string(result.rejection.message()), HasSubstr(rd_kafka_err2str(GetParam())));
  EXPECT_LE(Producers(), 5);
  rd_kafka_mock_clear_request_errors(brokers_, kProduce);
  EXPECT_EQ(AppendOne(*log_, OneLine("other", 2, 0)).outcome, Outcome::kStored);
  EXPECT_TRUE(log_->Health().ok()) << log_->Health();
  while (result.outcome == Outcome::kRejected) result = AppendOne(*log_, OneLine("app", 1, 10));
  EXPECT_EQ(result.outcome, Outcome::kStored);
}

INSTANTIATE_TEST_SUITE_P(Errors, RefusedTopicTest,
                         ::testing::Values(RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION,
                                           RD_KAFKA_RESP_ERR_UNSUPPORTED_COMPRESSION_TYPE),
                         [](const auto& info) { return std::string(rd_kafka_err2name(info.param)); });

// Without the right IDEMPOTENT_WRITE no topic can be written.
TEST_F(BrokerErrorsTest, SaysThatNoProducerWorksAndGoesOnWhenOneDoes) {
  const std::vector<rd_kafka_resp_err_t> denied(500, RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED);
  rd_kafka_mock_push_request_errors_array(brokers_, kInitProducerId, denied.size(), denied.data());
  Fail({RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER});  // a new producer is needed
  Pending append(*log_, OneLine("app", 1, 10));
  const absl::Status health = AwaitUnhealthy();
  EXPECT_THAT(std::string(health.message()), HasSubstr("CLUSTER_AUTHORIZATION_FAILED"));
  EXPECT_FALSE(append.done());
  EXPECT_LT(Producers(), 10);
  rd_kafka_mock_clear_request_errors(brokers_, kInitProducerId);
  EXPECT_EQ(append.Await().outcome, Outcome::kStored);
  EXPECT_TRUE(log_->Health().ok()) << log_->Health();
  EXPECT_THAT(Names(ReadFrom(*log_, Position())), ElementsAre("app:0", "app:10"));
}

TEST_F(BrokerErrorsTest, IsOnlySlowWhereTheBrokerIs) {
  rd_kafka_mock_broker_set_rtt(brokers_, 1, 300);
  for (const AppendResult& result : AppendThree()) EXPECT_EQ(result.outcome, Outcome::kStored);
  ExpectAllOnce();
}

TEST_F(BrokerErrorsTest, AnswersWhenTheWholeBatchIsDeliveredAndInTheOrderOfTheFile) {
  rd_kafka_mock_broker_set_rtt(brokers_, 1, 300);  // three requests
  Fail({RD_KAFKA_RESP_ERR_NO_ERROR, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS});
  Pending first(*log_, {.first_offset = 10, .lines = 30, .line_bytes = 10});
  Pending second(*log_, OneLine("app", 1, 310));
  Await([this] { return Gauge("sluice_collector_kafka_queue_messages") == 21; });
  EXPECT_FALSE(first.done());
  EXPECT_EQ(second.Await().outcome, Outcome::kStored);
  EXPECT_TRUE(first.done());
  std::vector<std::string> expected;
  for (int offset = 0; offset <= 310; offset += 10) expected.push_back("app:" + std::to_string(offset));
  EXPECT_THAT(Names(ReadFrom(*log_, Position())), ElementsAreArray(expected));
}

// With replicas.
class ThreeBrokersTest : public BrokerErrorsTest {
 protected:
  ThreeBrokersTest() : BrokerErrorsTest(3) {}
  // Of all partitions, as when a broker is lost: the mock moves none by itself.
  void Lead(int broker) {
    for (int32_t partition : {0, 1}) rd_kafka_mock_partition_set_leader(brokers_, "app", partition, broker);
    for (const char* topic : {"other", "sluice-watermarks"}) {
      rd_kafka_mock_partition_set_leader(brokers_, topic, 0, broker);
    }
  }
};

TEST_F(ThreeBrokersTest, FollowsTheLeaderWithEachLineOnceAndInOrder) {
  std::vector<std::string> expected = {"app:0"};
  for (int round = 0; round < 6; ++round) {
    const int leader = 1 + round % 3;
    Lead(leader);
    const auto offset = static_cast<uint64_t>(10 * (round + 1));
    EXPECT_EQ(AppendOne(*log_, OneLine("app", 1, offset)).outcome, Outcome::kStored);
    expected.push_back("app:" + std::to_string(offset));
  }
  EXPECT_THAT(Names(ReadFrom(*log_, Position())), ElementsAreArray(expected));
  EXPECT_EQ(Producers(), 0);
}

TEST_F(ThreeBrokersTest, GoesOnWithTheNextLeaderWhenABrokerDies) {
  Lead(3);
  EXPECT_EQ(AppendOne(*log_, OneLine("app", 1, 10)).outcome, Outcome::kStored);
  rd_kafka_mock_broker_set_down(brokers_, 3);
  Pending append(*log_, OneLine("app", 1, 20));
  Await([this] { return Gauge("sluice_collector_kafka_queue_messages") == 1; });
  Lead(2);
  EXPECT_EQ(append.Await().outcome, Outcome::kStored);
  EXPECT_THAT(Names(ReadFrom(*log_, Position())), ElementsAre("app:0", "app:10", "app:20"));
}

TEST_F(BrokerErrorsTest, WaitsForABrokerThatIsAwayAndSaysSo) {
  rd_kafka_mock_broker_set_down(brokers_, 1);
  Pending append(*log_, OneLine("app", 1, 10));
  EXPECT_THAT(std::string(AwaitUnhealthy().message()), HasSubstr("acknowledged nothing"));
  EXPECT_FALSE(append.done());
  EXPECT_EQ(Gauge("sluice_collector_kafka_queue_messages"), 1);
  EXPECT_GT(Gauge("sluice_collector_kafka_queue_bytes"), 0);
  rd_kafka_mock_broker_set_up(brokers_, 1);
  EXPECT_EQ(append.Await().outcome, Outcome::kStored);
  EXPECT_EQ(Gauge("sluice_collector_kafka_queue_messages"), 0);
  EXPECT_EQ(Gauge("sluice_collector_kafka_queue_bytes"), 0);
}

}  // namespace
}  // namespace sluice::collector
