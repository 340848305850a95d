#include "collector/options.h"

#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/config.h"
#include "base/file_system.h"
#include "base/pem.h"
#include "base/status.h"
#include "base/strings.h"
#include "collector/direct/direct_record.h"
#include "collector/log/batch_view.h"
#include "collector/log/kafka/kafka_log.h"
#include "collector/route/route_config.h"

namespace sluice::collector {
namespace {

constexpr size_t kPemBytesMax = 1 << 20;
constexpr uint64_t kMiB = uint64_t{1} << 20;
constexpr uint64_t kGiB = uint64_t{1} << 30;
// A topic has 249 characters in Kafka.
constexpr size_t kTopicPrefixMax = 128;
constexpr uint64_t kPiB = uint64_t{1} << 50;

std::string ReadPem(const ConfigNode& node, std::string_view key) {
  std::string path = node.String(key, "");
  if (path.empty()) return "";
  absl::StatusOr<std::string> text = HostFileSystem()->ReadFile(path, kPemBytesMax);
  if (!text.ok()) {
    node.Fail(key, MessageOf(text.status()));
    return "";
  }
  return *std::move(text);
}

void CheckPem(const ConfigNode& node, const TlsOptions& tls, CollectorOptions* options) {
  const int64_t now = SystemClock()->UnixNanos();
  auto take = [&](std::string_view key, const absl::StatusOr<PemWarnings>& checked) {
    if (!checked.ok()) return node.Fail(key, MessageOf(checked.status()));
    for (const std::string& warning : *checked) {
      options->warnings.push_back(StrCat(node.Where(key), ": ", warning));
    }
  };
  if (!tls.certificate.empty() && !tls.key.empty()) take("cert", CheckKeyPair(tls.certificate, tls.key, now));
  if (!tls.client_ca.empty()) take("client_ca", CheckAuthorities(tls.client_ca, now));
}

std::optional<TlsOptions> ReadTls(const ConfigNode& listen, CollectorOptions* options) {
  if (!listen.Has("tls")) return std::nullopt;
  ConfigNode node = listen.Map("tls");
  for (std::string_view key : {"cert", "key"}) {
    if (!node.Has(key)) node.Fail(key, StrCat(key, " is missing: tls needs a cert and a key, each a PEM file"));
  }
  TlsOptions tls;
  tls.certificate = ReadPem(node, "cert");
  tls.key = ReadPem(node, "key");
  tls.client_ca = ReadPem(node, "client_ca");
  CheckPem(node, tls, options);
  return tls;
}

// One of the two addresses: what the flag says, or else the file.
struct AddressSource {
  std::string_view flag;
  const std::string& flag_text;
  std::string_view key;
};

absl::Status ReadAddress(const ConfigNode& listen, const AddressSource& source, bool tls, bool insecure,
                         HostPort* address) {
  const std::string in_file = listen.String(source.key, address->ToString());
  const bool from_flag = !source.flag_text.empty();
  absl::StatusOr<HostPort> read = ParseListenAddress(from_flag ? source.flag_text : in_file, tls, insecure);
  if (read.ok()) {
    *address = *std::move(read);
  } else if (from_flag) {
    return Annotate(read.status(), source.flag);
  } else {
    listen.Fail(source.key, MessageOf(read.status()));
  }
  return absl::OkStatus();
}

absl::Status ReadListen(const ConfigNode& listen, const CollectorFlags& flags, CollectorOptions* options) {
  options->tls = ReadTls(listen, options);
  const bool insecure = listen.Bool("insecure", false) || flags.insecure;
  SLUICE_RETURN_IF_ERROR(ReadAddress(listen, {"--grpc-address", flags.grpc_address, "grpc"}, options->tls.has_value(),
                                     insecure, &options->grpc_address));
  // /metrics and the like have no TLS.
  return ReadAddress(listen, {"--http-address", flags.http_address, "http"}, /*tls=*/false, insecure,
                     &options->http_address);
}

std::string ReadablePath(const ConfigNode& node, std::string_view key) {
  // librdkafka reads it itself; that it is there is told with its place in the file.
  ReadPem(node, key);
  return node.String(key, "");
}

KafkaValueFormat ReadFormat(const ConfigNode& kafka) {
  const std::string format = kafka.Choice("value_format", "protobuf", {"protobuf", "json", "text"});
  if (format == "json") return KafkaValueFormat::kJson;
  return format == "text" ? KafkaValueFormat::kText : KafkaValueFormat::kProtobuf;
}

KafkaHeaders ReadHeaders(const ConfigNode& kafka) {
  return kafka.Choice("headers", "all", {"all", "identity"}) == "all" ? KafkaHeaders::kAll : KafkaHeaders::kIdentity;
}

void ReadKafkaSecurity(const ConfigNode& kafka, KafkaOptions* options) {
  if (kafka.Has("tls")) {
    const ConfigNode tls = kafka.Map("tls");
    options->tls.enabled = true;
    options->tls.ca = ReadablePath(tls, "ca");
    options->tls.cert = ReadablePath(tls, "cert");
    options->tls.key = ReadablePath(tls, "key");
    if (options->tls.cert.empty() != options->tls.key.empty()) {
      tls.Fail(options->tls.cert.empty() ? "cert" : "key", "cert and key go together: give both, or none");
    }
  }
  if (!kafka.Has("sasl")) return;
  const ConfigNode sasl = kafka.Map("sasl");
  options->sasl.mechanism = sasl.Choice("mechanism", "PLAIN", {"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"});
  options->sasl.username = sasl.String("username", "");
  options->sasl.password = sasl.String("password", "");
  const std::string file = sasl.Has("password_file") ? ReadPem(sasl, "password_file") : "";
  if (!file.empty()) options->sasl.password = file.substr(0, file.find_last_not_of("\r\n") + 1);
  if (options->sasl.username.empty())
    sasl.Fail("username", "username is missing: sasl needs a username and a password");
}

void ReadKafka(const ConfigNode& kafka, KafkaOptions* options) {
  options->brokers = kafka.Strings("brokers", options->brokers);
  if (options->brokers.empty()) kafka.Fail("brokers", "at least one HOST:PORT is needed");
  for (const std::string& broker : options->brokers) {
    const absl::StatusOr<HostPort> address = ParseHostPort(broker);
    if (!address.ok()) kafka.Fail("brokers", StrCat("'", broker, "': ", MessageOf(address.status())));
  }
  options->topic_prefix = kafka.String("topic_prefix", "");
  if (!options->topic_prefix.empty()) {
    const absl::Status prefix = CheckTopicName(options->topic_prefix);
    if (!prefix.ok()) kafka.Fail("topic_prefix", MessageOf(prefix));
    if (options->topic_prefix.starts_with("__"))
      kafka.Fail("topic_prefix", "topics whose names begin with __ are Kafka's own");
    if (options->topic_prefix.size() > kTopicPrefixMax) {
      kafka.Fail("topic_prefix", StrCat(options->topic_prefix.size(), " characters: allowed are ", kTopicPrefixMax,
                                        ", so that there is room for the topic"));
    }
  }
  options->partitions = static_cast<int>(kafka.Int("partitions", options->partitions, 1, 10'000));
  options->replication_factor = static_cast<int>(kafka.Int("replication_factor", options->replication_factor, 1, 100));
  options->create_topics = kafka.Bool("create_topics", true);
  options->value_format = ReadFormat(kafka);
  options->headers = ReadHeaders(kafka);
  ReadKafkaSecurity(kafka, options);
  options->queue_messages = static_cast<size_t>(
      kafka.Int("queue_messages", static_cast<int64_t>(options->queue_messages), 1'000, 10'000'000));
  options->queue_bytes = kafka.Bytes("queue_bytes", options->queue_bytes, kMiB, 16 * kGiB);
  options->history_readers = static_cast<int>(kafka.Int("history_readers", options->history_readers, 4, 1'000));
  options->properties = kafka.StringMap("properties");
}

void ReadLog(const ConfigNode& log, CollectorOptions* options) {
  const bool kafka = log.Choice("engine", "rocksdb", {"rocksdb", "kafka"}) == "kafka";
  options->engine = kafka ? CollectorOptions::Engine::kKafka : CollectorOptions::Engine::kRocksDb;
  RocksDbOptions& rocksdb = options->log;
  ConfigNode retention = log.Map("retention");
  rocksdb.retention.bytes = retention.Bytes("bytes", rocksdb.retention.bytes, kMiB, kPiB);
  rocksdb.retention.age =
      retention.Duration("age", rocksdb.retention.age, absl::Minutes(1), absl::Hours(24 * 365 * 100));
  rocksdb.tail_bytes = log.Bytes("tail_bytes", rocksdb.tail_bytes, kMiB, 16 * kGiB);
  options->kafka.tail_bytes = rocksdb.tail_bytes;
  const ConfigNode node = log.Map("kafka");
  ReadKafka(node, &options->kafka);
  if (!kafka) return;
  const absl::Status status = CheckKafkaOptions(options->kafka);
  if (!status.ok()) node.Fail("properties", MessageOf(status));
}

void ReadGroups(const ConfigNode& groups, GroupOptions* options) {
  options->rebalance_timeout =
      groups.Duration("rebalance_timeout", options->rebalance_timeout, absl::Seconds(1), absl::Hours(1));
  options->retention = groups.Duration("retention", options->retention, absl::Minutes(1), absl::Hours(24 * 365 * 100));
}

void ReadDirect(const ConfigNode& direct, DirectOptions* options) {
  options->enabled = direct.Bool("enabled", true);
  options->topic = direct.String("topic", options->topic);
  if (const auto topic = DirectTopic::Compile(options->topic); !topic.ok()) {
    direct.Fail("topic", MessageOf(topic.status()));
  }
  options->heartbeats_topic = direct.String("heartbeats_topic", options->heartbeats_topic);
  const absl::Status heartbeats = CheckTopicName(options->heartbeats_topic);
  if (!heartbeats.ok()) direct.Fail("heartbeats_topic", MessageOf(heartbeats));
  options->body_bytes = direct.Bytes("body_bytes", options->body_bytes, 1 << 10, kGiB);
  options->record_bytes = direct.Bytes("record_bytes", options->record_bytes, 1 << 10, kMiB);
  options->records = direct.Int("records", static_cast<int64_t>(options->records), 1, 1'000'000);
  options->requests = direct.Int("requests", static_cast<int64_t>(options->requests), 1, 1'000);
  options->timeout = direct.Duration("timeout", options->timeout, absl::Seconds(1), absl::Minutes(5));
}

void ReadLimits(const ConfigNode& limits, CollectorOptions* options) {
  IngestLimits& ingest = options->ingest;
  options->log.topics_max = static_cast<uint32_t>(limits.Int("topics", options->log.topics_max, 1, 1'000'000));
  ingest.agents = limits.Int("agents", static_cast<int64_t>(ingest.agents), 1, 1'000'000);
  ingest.streams = limits.Int("streams", static_cast<int64_t>(ingest.streams), 1, 1'000'000);
  ingest.pending_bytes = limits.Bytes("pending_bytes", ingest.pending_bytes, kMiB, 64 * kGiB);
  ingest.stream_pending_bytes = limits.Bytes("stream_pending_bytes", ingest.stream_pending_bytes, kMiB, 64 * kGiB);
  ingest.message_bytes = limits.Bytes("message_bytes", ingest.message_bytes, kMiB, kGiB);
  options->groups.groups_max = limits.Int("groups", static_cast<int64_t>(options->groups.groups_max), 1, 100'000);
  options->subscribers_max = limits.Int("subscribers", static_cast<int64_t>(options->subscribers_max), 1, 1'000'000);
}

absl::StatusOr<CollectorOptions> ReadOptions(const CollectorFlags& flags, const ConfigFile& file) {
  CollectorOptions options;
  ConfigNode root = file.root();
  absl::Status flag_error = ReadListen(root.Map("listen"), flags, &options);
  options.log.data_dir = root.Path("data_dir", "./sluice-data");
  ReadLog(root.Map("log"), &options);
  options.routing = ReadRouting(root);
  ReadGroups(root.Map("groups"), &options.groups);
  ReadDirect(root.Map("direct"), &options.direct);
  ReadLimits(root.Map("limits"), &options);
  if (!flags.data_dir.empty()) options.log.data_dir = flags.data_dir;
  SLUICE_RETURN_IF_ERROR(file.Finish());
  SLUICE_RETURN_IF_ERROR(flag_error);
  return options;
}

}  // namespace

absl::StatusOr<CollectorOptions> LoadOptions(const CollectorFlags& flags) {
  if (flags.config_file.empty()) return ReadOptions(flags, ConfigFile::Empty());
  SLUICE_ASSIGN_OR_RETURN(ConfigFile file, ConfigFile::Load(flags.config_file));
  return ReadOptions(flags, file);
}

absl::StatusOr<CollectorOptions> ParseOptions(const CollectorFlags& flags, std::string_view yaml,
                                              const std::string& name) {
  SLUICE_ASSIGN_OR_RETURN(ConfigFile file, ConfigFile::Parse(yaml, name));
  return ReadOptions(flags, file);
}

}  // namespace sluice::collector
