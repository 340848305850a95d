// The contract of EventLog, for this engine, on a real broker.
#include <memory>

#include "collector/log/contract_test_suite.h"
#include "collector/log/kafka/kafka_log.h"
#include "collector/log/kafka/testing_broker.h"

namespace sluice::collector {
namespace {

class KafkaUnderTest final : public LogUnderTest {
 public:
  KafkaUnderTest(KafkaValueFormat format, KafkaHeaders headers, size_t tail_bytes)
      : options_(testing::Broker::Shared().NewLog()) {
    options_.value_format = format;
    options_.headers = headers;
    options_.tail_bytes = tail_bytes;
    Reopen();
  }
  EventLog& log() override { return *log_; }
  void Reopen() override {
    log_.reset();
    registry_ = std::make_unique<prometheus::Registry>();
    auto log = KafkaLog::Open(options_, registry_.get());
    EXPECT_TRUE(log.ok()) << log.status();
    log_ = *std::move(log);
  }
  SimulatedClock& clock() override { return clock_; }
  bool keeps_batches() const override { return false; }
  bool keeps_origin() const override { return options_.headers == KafkaHeaders::kAll; }

 private:
  SimulatedClock clock_;
  KafkaOptions options_;
  std::unique_ptr<prometheus::Registry> registry_;
  std::unique_ptr<KafkaLog> log_;
};

LogFactory With(std::string name, KafkaValueFormat format, KafkaHeaders headers, size_t tail_bytes) {
  return {std::move(name), [=] { return std::make_unique<KafkaUnderTest>(format, headers, tail_bytes); }};
}

INSTANTIATE_TEST_SUITE_P(
    Kafka, EventLogContractTest,
    ::testing::Values(With("Protobuf", KafkaValueFormat::kProtobuf, KafkaHeaders::kAll, 32 << 20),
                      With("JsonAndIdentityHeaders", KafkaValueFormat::kJson, KafkaHeaders::kIdentity, 32 << 20),
                      With("TextAndNothingInMemory", KafkaValueFormat::kText, KafkaHeaders::kAll, 0)),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace sluice::collector
