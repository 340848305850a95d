#include "collector/log/kafka/metrics.h"

#include <string>

#include "absl/strings/ascii.h"
#include "base/metrics.h"
#include "base/strings.h"

namespace sluice::collector::kafka {
namespace {

// From a broker on the same machine to one that is slow.
const prometheus::Histogram::BucketBoundaries kSeconds = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                                          0.25,  0.5,    1,     2.5,  5,     10,   30};

}  // namespace

Metrics::Metrics(prometheus::Registry* registry)
    : queue_messages(NewGauge(registry, "sluice_collector_kafka_queue_messages",
                              "Messages that were produced and that the brokers have not acknowledged yet.")),
      queue_bytes(NewGauge(registry, "sluice_collector_kafka_queue_bytes", "Bytes of these messages' records.")),
      delivered(NewCounter(registry, "sluice_collector_kafka_delivered_total",
                           "Messages that the brokers have acknowledged.")),
      delivery_seconds(NewHistogram(registry, "sluice_collector_kafka_delivery_seconds",
                                    "Time from producing a batch until the brokers had acknowledged all of it.",
                                    kSeconds)),
      producers(NewCounter(registry, "sluice_collector_kafka_producer_restarts_total",
                           "Times that a producer was given up and a new one made.")),
      consumed_partitions(NewGauge(registry, "sluice_collector_kafka_consumed_partitions",
                                   "Partitions that are read at their head for subscribers.")),
      errors_(NewCounters(registry, "sluice_collector_kafka_errors_total",
                          "Errors of deliveries and connections, by librdkafka's name of the reason.")) {}

void Metrics::CountError(std::string_view reason) {
  while (reason.starts_with('_')) reason.remove_prefix(1);
  errors_.Add({{"reason", absl::AsciiStrToLower(ToAbsl(reason))}}).Increment();
}

}  // namespace sluice::collector::kafka
