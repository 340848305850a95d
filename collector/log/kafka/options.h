// What the Kafka engine can be told.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace sluice::collector {

// What the value of a Kafka message is; docs/kafka.md says what each can represent.
enum class KafkaValueFormat { kProtobuf, kJson, kText };

// Which headers a message has; docs/kafka.md lists them.
enum class KafkaHeaders {
  kAll,
  kIdentity,  // only what Sluice itself needs; and a dead letter's labels
};

struct KafkaTls {
  bool enabled = false;
  // Files, PEM; empty: the system's authorities, no certificate of our own.
  std::string ca;
  std::string cert;
  std::string key;
};

struct KafkaSasl {
  std::string mechanism;  // PLAIN, SCRAM-SHA-256, SCRAM-SHA-512; empty: no SASL
  std::string username;
  std::string password;
};

struct KafkaOptions {
  std::vector<std::string> brokers = {"127.0.0.1:9092"};
  std::string topic_prefix;
  // Of topics that this engine makes.
  int partitions = 3;
  int replication_factor = 1;
  bool create_topics = true;
  KafkaValueFormat value_format = KafkaValueFormat::kProtobuf;
  KafkaHeaders headers = KafkaHeaders::kAll;
  KafkaTls tls;
  KafkaSasl sasl;
  // Any librdkafka property, for all of its clients.
  std::map<std::string, std::string> properties;

  // Produced and not yet acknowledged by the brokers; beyond it nothing more is produced.
  size_t queue_messages = 50'000;
  size_t queue_bytes = size_t{32} << 20;
  // The newest batches, in memory for readers at the head; and clients that read history at the same time.
  size_t tail_bytes = size_t{32} << 20;
  int history_readers = 8;
  // How often watermarks and topics are looked after.
  absl::Duration watermark_interval = absl::Seconds(1);
  absl::Duration refresh_interval = absl::Seconds(5);
  // Nothing delivered for so long: not healthy.
  absl::Duration stall_timeout = absl::Seconds(5);
  // What a dead collector's requests in the brokers' sockets may take to be stored; see TakeoverDelay.
  absl::Duration takeover_delay = absl::Milliseconds(500);
  // How long a start, and an answer to an agent's handshake, waits for the brokers.
  absl::Duration start_timeout = absl::Seconds(10);
  absl::Duration handshake_timeout = absl::Seconds(30);
};

// Message sizes that topics made by this engine take: the longest line of an agent (1 MiB), whatever its bytes are. As
// JSON a control character takes six, and beside one byte that is not UTF-8 the line lies there in Base64, too.
inline constexpr int kTopicMessageBytesMax = 8 << 20;

}  // namespace sluice::collector
