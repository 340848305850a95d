// The Kafka engine's metrics, each named once.
#pragma once

#include <string_view>

#include "prometheus/counter.h"
#include "prometheus/family.h"
#include "prometheus/gauge.h"
#include "prometheus/histogram.h"
#include "prometheus/registry.h"

namespace sluice::collector::kafka {

// Thread-safe.
class Metrics {
 public:
  // `registry` outlives it.
  explicit Metrics(prometheus::Registry* registry);

  // `reason`: librdkafka's name of the error, without its underscore, in lower case.
  void CountError(std::string_view reason);

  prometheus::Gauge& queue_messages;
  prometheus::Gauge& queue_bytes;
  prometheus::Counter& delivered;
  prometheus::Histogram& delivery_seconds;
  prometheus::Counter& producers;
  prometheus::Gauge& consumed_partitions;

 private:
  prometheus::Family<prometheus::Counter>& errors_;
};

}  // namespace sluice::collector::kafka
