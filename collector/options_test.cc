#include "collector/options.h"

#include <string>
#include <string_view>

#include "base/strings.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::collector {
namespace {

using ::testing::HasSubstr;

absl::StatusOr<CollectorOptions> Parse(std::string_view yaml, const CollectorFlags& flags = {}) {
  return ParseOptions(flags, yaml, "collector.yaml");
}

TEST(OptionsTest, HasTheDocumentedDefaults) {
  absl::StatusOr<CollectorOptions> options = LoadOptions({});
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->grpc_address.ToString(), "127.0.0.1:7070");
  EXPECT_EQ(options->http_address.ToString(), "127.0.0.1:7071");
  EXPECT_EQ(options->log.data_dir, "./sluice-data");
  EXPECT_FALSE(options->tls.has_value());
}

TEST(OptionsTest, ReadsEveryKeyOfTheContract) {
  absl::StatusOr<CollectorOptions> options = Parse(R"(
listen: {grpc: 127.0.0.1:8070, http: "[::1]:8071"}
data_dir: /var/lib/sluice/collector
log:
  engine: rocksdb
  retention: {bytes: 20GiB, age: 3d}
  tail_bytes: 64MiB
  kafka:
    brokers: [127.0.0.1:9092]
    topic_prefix: ""
    partitions: 3
    replication_factor: 1
    value_format: protobuf
    headers: identity
    properties: {compression.type: lz4}
limits: {topics: 50, agents: 60, streams: 70, subscribers: 80, pending_bytes: 90MiB, stream_pending_bytes: 10MiB, message_bytes: 4MiB}
)");
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->grpc_address.ToString(), "127.0.0.1:8070");
  EXPECT_EQ(options->http_address.ToString(), "[::1]:8071");
  EXPECT_EQ(options->log.data_dir, "/var/lib/sluice/collector");
  EXPECT_EQ(options->log.retention.bytes, uint64_t{20} << 30);
  EXPECT_EQ(options->log.retention.age, absl::Hours(72));
  EXPECT_EQ(options->log.tail_bytes, size_t{64} << 20);
  EXPECT_EQ(options->kafka.headers, KafkaHeaders::kIdentity);
  EXPECT_EQ(options->log.topics_max, 50);
  EXPECT_EQ(options->ingest.agents, 60);
  EXPECT_EQ(options->ingest.streams, 70);
  EXPECT_EQ(options->subscribers_max, 80);
  EXPECT_EQ(options->ingest.pending_bytes, size_t{90} << 20);
  EXPECT_EQ(options->ingest.stream_pending_bytes, size_t{10} << 20);
  EXPECT_EQ(options->ingest.message_bytes, size_t{4} << 20);
}

TEST(OptionsTest, FlagsGoBeforeTheFile) {
  CollectorFlags flags;
  flags.grpc_address = "127.0.0.1:1";
  flags.http_address = "127.0.0.1:2";
  flags.data_dir = "/elsewhere";
  absl::StatusOr<CollectorOptions> options =
      Parse("listen: {grpc: 127.0.0.1:3, http: 127.0.0.1:4}\ndata_dir: /here", flags);
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->grpc_address.port, 1);
  EXPECT_EQ(options->http_address.port, 2);
  EXPECT_EQ(options->log.data_dir, "/elsewhere");
}

TEST(OptionsTest, ListensBeyondLoopbackOnlyWithTlsOrByTheUsersWord) {
  EXPECT_FALSE(Parse("listen: {grpc: 0.0.0.0:7070}").ok());
  EXPECT_TRUE(Parse("listen: {grpc: 0.0.0.0:7070, insecure: true}").ok());
  CollectorFlags insecure;
  insecure.insecure = true;
  EXPECT_TRUE(Parse("listen: {grpc: 0.0.0.0:7070}", insecure).ok());
  // HTTP has no TLS.
  EXPECT_FALSE(Parse("listen: {http: 0.0.0.0:7071}").ok());
}

TEST(OptionsTest, NamesFileLineKeyAndWhatIsAllowed) {
  struct {
    std::string yaml;
    std::string where;
    std::string problem;
  } const cases[] = {
      {"log:\n  engine: kafka\n  kafka: {properties: {no.such: 1}}", "collector.yaml:3: log.kafka.properties",
       "No such configuration property: \"no.such\""},
      {"log:\n  engine: kafka\n  kafka: {properties: {acks: 1}}", "collector.yaml:3: log.kafka.properties", "acks"},
      {"log:\n  engine: kafka\n  kafka: {properties: {compression.type: brotli}}",
       "collector.yaml:3: log.kafka.properties", "Invalid value \"brotli\""},
      {"log:\n  engine: kafka\n  kafka: {topic_prefix: __logs}", "collector.yaml:3: log.kafka.topic_prefix",
       "Kafka's own"},
      {StrCat("log:\n  engine: kafka\n  kafka: {topic_prefix: ", std::string(129, 'p'), "}"),
       "collector.yaml:3: log.kafka.topic_prefix", "129 characters"},
      {"log:\n  engine: kafka\n  kafka: {topic_prefix: a/b}", "collector.yaml:3: log.kafka.topic_prefix", "byte 47"},
      {"log:\n  engine: kafka\n  kafka: {tls: {ca: /no/such.pem}}", "collector.yaml:3: log.kafka.tls.ca",
       "/no/such.pem"},
      {"log:\n  engine: sqlite", "collector.yaml:2: log.engine", "rocksdb"},
      {"log:\n  retension: {}", "collector.yaml:2: log.retension", "did you mean"},
      {"log:\n  retention: {bytes: 10}", "collector.yaml:2: log.retention.bytes", "1MiB"},
      {"log:\n  retention:\n    age: 7", "collector.yaml:3: log.retention.age", "unit"},
      {"data_dir: ''", "collector.yaml:1: data_dir", "found \"\"; expected a path"},
      {"listen:\n  grpc: \":7070\"", "collector.yaml:2: listen.grpc", "host"},
      {"listen:\n  grpc: 10.0.0.1:7070", "collector.yaml:2: listen.grpc", "--insecure"},
      {"listen:\n  tls: {cert: /no/such/file.pem}", "collector.yaml:2: listen.tls", "key is missing"},
      {"listen:\n  tls:\n    cert: /no/such/file.pem\n    key: /no/such.pem", "collector.yaml:3: listen.tls.cert",
       "/no/such/file.pem"},
      {"limits:\n  topics: 0", "collector.yaml:2: limits.topics", "1"},
      {"log: {kafka: {brokers: [\"kafka:99999\"]}}", "collector.yaml:1: log.kafka.brokers", "kafka:99999"},
      {"log: {kafka: {brokers: [kafka]}}", "collector.yaml:1: log.kafka.brokers", "'kafka'"},
      {"log: {kafka: {value_format: xml}}", "collector.yaml:1: log.kafka.value_format", "json"},
      {"log: {kafka: {headers: none}}", "collector.yaml:1: log.kafka.headers", "identity"},
  };
  for (const auto& c : cases) {
    absl::StatusOr<CollectorOptions> options = Parse(c.yaml);
    ASSERT_FALSE(options.ok()) << c.yaml;
    EXPECT_THAT(std::string(options.status().message()), HasSubstr(c.where)) << c.yaml;
    EXPECT_THAT(std::string(options.status().message()), HasSubstr(c.problem)) << c.yaml;
  }
}

TEST(OptionsTest, RefusesPropertiesOfLibrdkafkaThatSluiceReliesOn) {
  struct {
    std::string property;
    std::string value;
    std::string why;
  } const cases[] = {
      {"acks", "1", "always uses 'all'"},
      {"request.required.acks", "1", "always uses 'all'"},
      {"enable.idempotence", "false", "always uses 'true'"},
      {"enable.gapless.guarantee", "false", "always uses 'true'"},
      {"delivery.report.only.error", "true", "always uses 'false'"},
      {"transactional.id", "mine", "without transactions"},
      {"queue.buffering.max.messages", "1000", "queue_messages"},
      {"queue.buffering.max.kbytes", "1000", "queue_bytes"},
      {"enable.partition.eof", "false", "always uses 'true'"},
      {"auto.offset.reset", "earliest", "keep their own place"},
      {"enable.auto.commit", "true", "always uses 'false'"},
      {"group.id", "mine", "subscribers"},
      // How properties go together only a client knows, and a group's members are clients, too.
      {"max.in.flight", "100", "max.in.flight"},
      {"session.timeout.ms", "3600000", "session.timeout.ms"},
  };
  for (const auto& c : cases) {
    const std::string yaml =
        StrCat("log:\n  engine: kafka\n  kafka: {properties: {", c.property, ": \"", c.value, "\"}}");
    const std::string error(Parse(yaml).status().message());
    EXPECT_THAT(error, HasSubstr("collector.yaml:3: log.kafka.properties")) << yaml;
    EXPECT_THAT(error, HasSubstr(c.property)) << yaml;
    EXPECT_THAT(error, HasSubstr(c.why)) << yaml;
  }
  EXPECT_TRUE(Parse("log:\n  engine: kafka\n  kafka: {properties: {acks: all, enable.auto.commit: \"false\"}}").ok());
}

TEST(OptionsTest, NamesTheFlagThatIsWrong) {
  CollectorFlags flags;
  flags.grpc_address = "nowhere";
  absl::Status status = Parse("", flags).status();
  EXPECT_THAT(std::string(status.message()), HasSubstr("--grpc-address: "));
  flags = {};
  flags.config_file = "/no/such/collector.yaml";
  EXPECT_THAT(std::string(LoadOptions(flags).status().message()), HasSubstr("/no/such/collector.yaml"));
}

}  // namespace
}  // namespace sluice::collector
