// librdkafka's clients, configured: the one place that knows properties.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "collector/log/kafka/handles.h"
#include "collector/log/kafka/options.h"

namespace sluice::collector::kafka {

enum class Role {
  kProducer,  // idempotent
  kControl,   // metadata, offsets, topics
  kReader,    // from offsets that it is told, for throughput
  kMember,    // of a group of Kafka's, for its slots; reads nothing
};

// InvalidArgument with the property and librdkafka's own reason.
absl::Status CheckOptions(const KafkaOptions& options);

// The configuration for a client of this role. Its errors go to `errors` (not owned, may be null; outlives the client).
class ErrorSink {
 public:
  virtual ~ErrorSink() = default;
  // On any thread of librdkafka: what is wrong with a connection, or with the client.
  virtual void OnError(rd_kafka_resp_err_t code, std::string_view reason) = 0;
};
absl::StatusOr<Conf> MakeConf(const KafkaOptions& options, Role role, ErrorSink* errors);
// Takes the configuration.
absl::StatusOr<Client> MakeClient(Conf conf, Role role);

}  // namespace sluice::collector::kafka
