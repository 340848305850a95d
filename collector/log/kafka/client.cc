#include "collector/log/kafka/client.h"

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_join.h"
#include "base/log.h"
#include "base/strings.h"

namespace sluice::collector::kafka {
namespace {

struct Property {
  const char* name;
  const char* value;
};

// What everything else relies on: cannot be set otherwise.
constexpr std::array kFixed = {
    Property{"enable.idempotence", "true"},
    Property{"acks", "all"},
    // A message that cannot be delivered must not be passed by a later one of its partition.
    Property{"enable.gapless.guarantee", "true"},
};
// What properties must not say, and why; they may repeat what Sluice says itself.
struct Ours {
  const char* name;
  const char* value;  // "": none is allowed
  const char* why;
};
constexpr const char* kLossless = "so that no line is lost or repeated";
constexpr const char* kReadersOwn = "since its readers keep their own place, and have to know where a topic ends";
constexpr std::array kOurs = {
    Ours{"enable.idempotence", "true", kLossless},
    Ours{"acks", "all", kLossless},
    Ours{"request.required.acks", "all", kLossless},
    Ours{"enable.gapless.guarantee", "true", kLossless},
    Ours{"delivery.report.only.error", "false", "since a batch is acknowledged when each of its messages is reported"},
    Ours{"transactional.id", "", "Sluice produces without transactions (docs/delivery.md)"},
    Ours{"queue.buffering.max.messages", "", "log.kafka.queue_messages bounds what is under way"},
    Ours{"queue.buffering.max.kbytes", "", "log.kafka.queue_bytes bounds what is under way"},
    Ours{"enable.partition.eof", "true", kReadersOwn},
    Ours{"auto.offset.reset", "", "readers keep their own place"},
    Ours{"enable.auto.commit", "false", kReadersOwn},
    Ours{"group.id", "", "groups have the names that subscribers give them"},
};
static_assert(kTopicMessageBytesMax == 8'388'608, "message.max.bytes below");
// Of the producer; `properties` may say otherwise.
constexpr std::array kProducerDefaults = {
    Property{"linger.ms", "20"},
    // Librdkafka sends at once when it has so many, and else after linger.ms: about as many lines as batch.size takes.
    Property{"batch.num.messages", "2000"},
    Property{"batch.size", "1000000"},
    // Whoever waits for the brokers waits as long as they are away.
    Property{"message.timeout.ms", "0"},
    Property{"message.max.bytes", "8388608"},
    // Bounded by the engine.
    Property{"queue.buffering.max.messages", "0"},
    Property{"queue.buffering.max.kbytes", "2147483647"},
    Property{"reconnect.backoff.max.ms", "1000"},
};
constexpr std::array kReaderDefaults = {
    Property{"enable.partition.eof", "true"},     Property{"enable.auto.commit", "false"},
    Property{"auto.offset.reset", "error"},       Property{"queued.max.messages.kbytes", "8192"},
    Property{"queued.min.messages", "20000"},     Property{"fetch.message.max.bytes", "1048576"},
    Property{"fetch.wait.max.ms", "100"},         Property{"fetch.error.backoff.ms", "100"},
    Property{"reconnect.backoff.max.ms", "1000"}, Property{"check.crcs", "true"},
};
constexpr std::array kMemberDefaults = {
    Property{"enable.auto.commit", "false"},
    Property{"auto.offset.reset", "latest"},
    // What a rebalancing does not move goes on meanwhile.
    Property{"partition.assignment.strategy", "cooperative-sticky"},
    // A collector that died is noticed after the one, a new member after the other.
    Property{"session.timeout.ms", "10000"},
    Property{"heartbeat.interval.ms", "1000"},
    Property{"fetch.wait.max.ms", "5000"},
    Property{"reconnect.backoff.max.ms", "1000"},
};
constexpr std::array kControlDefaults = {Property{"reconnect.backoff.max.ms", "1000"}};

absl::Status Set(rd_kafka_conf_t* conf, const std::string& name, const std::string& value) {
  char reason[512];
  if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), reason, sizeof reason) == RD_KAFKA_CONF_OK) {
    return absl::OkStatus();
  }
  return InvalidArgument(name, ": ", std::string_view(reason));
}

template <typename Defaults>
absl::Status SetAll(rd_kafka_conf_t* conf, const Defaults& defaults) {
  for (const Property& property : defaults) SLUICE_RETURN_IF_ERROR(Set(conf, property.name, property.value));
  return absl::OkStatus();
}

absl::Status SetSecurity(rd_kafka_conf_t* conf, const KafkaOptions& options) {
  const KafkaTls& tls = options.tls;
  const KafkaSasl& sasl = options.sasl;
  if (tls.enabled || !sasl.mechanism.empty()) {
    const char* protocol = !tls.enabled ? "sasl_plaintext" : sasl.mechanism.empty() ? "ssl" : "sasl_ssl";
    SLUICE_RETURN_IF_ERROR(Set(conf, "security.protocol", protocol));
  }
  if (!tls.ca.empty()) SLUICE_RETURN_IF_ERROR(Set(conf, "ssl.ca.location", tls.ca));
  if (!tls.cert.empty()) SLUICE_RETURN_IF_ERROR(Set(conf, "ssl.certificate.location", tls.cert));
  if (!tls.key.empty()) SLUICE_RETURN_IF_ERROR(Set(conf, "ssl.key.location", tls.key));
  if (sasl.mechanism.empty()) return absl::OkStatus();
  SLUICE_RETURN_IF_ERROR(Set(conf, "sasl.mechanism", sasl.mechanism));
  SLUICE_RETURN_IF_ERROR(Set(conf, "sasl.username", sasl.username));
  return Set(conf, "sasl.password", sasl.password);
}

absl::Status CheckOurs(const std::string& name, const std::string& value) {
  for (const Ours& ours : kOurs) {
    if (name != ours.name || value == ours.value) continue;
    const std::string_view only(ours.value);
    const std::string_view why(ours.why);
    if (only.empty()) return InvalidArgument(name, " cannot be set: ", why);
    return InvalidArgument(name, " is '", value, "': Sluice always uses '", only, "', ", why);
  }
  return absl::OkStatus();
}

absl::Status SetProperties(rd_kafka_conf_t* conf, const KafkaOptions& options) {
  for (const auto& [name, value] : options.properties) {
    SLUICE_RETURN_IF_ERROR(CheckOurs(name, value));
    SLUICE_RETURN_IF_ERROR(Set(conf, name, value));
  }
  return absl::OkStatus();
}

void OnLog(const rd_kafka_t* client, int level, const char* facility, const char* text) {
  // Errors are told by whoever they concern, once, and not at every retry.
  log::Debug("kafka", "librdkafka", {{"facility", facility}, {"text", text}, {"level", level}});
}

// OpenSSL's codes for what is most often wrong with a broker's certificate; librdkafka itself only says that something
// is.
const char* CertificateProblem(int code) {
  switch (code) {
    case 9:
      return "it is not valid yet";
    case 10:
      return "it has expired";
    case 18:
      return "it is self-signed, and not in tls.ca";
    case 19:
    case 20:
    case 21:
      return "its authority is not in tls.ca";
    case 62:
      return "it is for another host";
    case 64:
      return "it is for another address";
    default:
      return "see OpenSSL's verify(1) for the code";
  }
}

int OnCertificate(rd_kafka_t*, const char* broker, int32_t, int* code, int depth, const char*, size_t, char* reason,
                  size_t reason_size, void* opaque) {
  if (*code == 0) return 1;
  const std::string text = StrCat("certificate verify failed: the certificate of ", std::string_view(broker),
                                  depth == 0 ? "" : " (or of its authority)",
                                  " is refused: ", std::string_view(CertificateProblem(*code)), " (code ", *code, ")");
  reason[text.copy(reason, reason_size - 1)] = '\0';
  // librdkafka tells its log of it, and of the connection only that the certificate "could not be verified".
  if (opaque != nullptr) static_cast<ErrorSink*>(opaque)->OnError(RD_KAFKA_RESP_ERR__SSL, text);
  return 0;
}

void OnError(rd_kafka_t* client, int code, const char* reason, void* opaque) {
  if (opaque != nullptr) static_cast<ErrorSink*>(opaque)->OnError(static_cast<rd_kafka_resp_err_t>(code), reason);
}

}  // namespace

absl::StatusOr<Conf> MakeConf(const KafkaOptions& options, Role role, ErrorSink* errors) {
  Conf conf(rd_kafka_conf_new());
  SLUICE_RETURN_IF_ERROR(Set(conf.get(), "bootstrap.servers", absl::StrJoin(options.brokers, ",")));
  SLUICE_RETURN_IF_ERROR(Set(conf.get(), "client.id", "sluice-collector"));
  // We tell who is connected and who is not; a close of an idle connection is no news. But at the start it may be the
  // answer to a client that speaks without TLS or SASL.
  SLUICE_RETURN_IF_ERROR(Set(conf.get(), "log.connection.close", role == Role::kControl ? "true" : "false"));
  SLUICE_RETURN_IF_ERROR(SetSecurity(conf.get(), options));
  if (role == Role::kProducer) SLUICE_RETURN_IF_ERROR(SetAll(conf.get(), kProducerDefaults));
  if (role == Role::kReader) SLUICE_RETURN_IF_ERROR(SetAll(conf.get(), kReaderDefaults));
  if (role == Role::kMember) SLUICE_RETURN_IF_ERROR(SetAll(conf.get(), kMemberDefaults));
  if (role == Role::kControl) SLUICE_RETURN_IF_ERROR(SetAll(conf.get(), kControlDefaults));
  SLUICE_RETURN_IF_ERROR(SetProperties(conf.get(), options));
  if (role == Role::kProducer) SLUICE_RETURN_IF_ERROR(SetAll(conf.get(), kFixed));
  rd_kafka_conf_set_log_cb(conf.get(), &OnLog);
  rd_kafka_conf_set_error_cb(conf.get(), &OnError);
  // Fails where librdkafka has no TLS; then nothing else of it works either, and says so.
  (void)rd_kafka_conf_set_ssl_cert_verify_cb(conf.get(), &OnCertificate);
  rd_kafka_conf_set_opaque(conf.get(), errors);
  return conf;
}

absl::StatusOr<Client> MakeClient(Conf conf, Role role) {
  char reason[512];
  const bool consumer = role == Role::kReader || role == Role::kMember;
  const rd_kafka_type_t type = consumer ? RD_KAFKA_CONSUMER : RD_KAFKA_PRODUCER;
  rd_kafka_t* client = rd_kafka_new(type, conf.get(), reason, sizeof reason);
  if (client == nullptr) return InvalidArgument("librdkafka: ", std::string_view(reason));
  (void)conf.release();  // the client's now
  return Client(client);
}

absl::Status CheckOptions(const KafkaOptions& options) {
  // Only a client checks how properties go together (and reads certificates); it connects to nobody yet.
  for (const Role role : {Role::kProducer, Role::kReader, Role::kMember}) {
    SLUICE_ASSIGN_OR_RETURN(Conf conf, MakeConf(options, role, nullptr));
    SLUICE_ASSIGN_OR_RETURN(const Client client, MakeClient(std::move(conf), role));
  }
  return absl::OkStatus();
}

}  // namespace sluice::collector::kafka
