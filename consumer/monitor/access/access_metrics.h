// The access statistics for Prometheus.
#pragma once

#include <array>
#include <cstdint>

#include "consumer/monitor/access/access_interval.h"
#include "prometheus/counter.h"
#include "prometheus/gauge.h"
#include "prometheus/registry.h"

namespace sluice::monitor {

// Used by one thread; scraped by others.
class AccessMetrics {
 public:
  explicit AccessMetrics(prometheus::Registry* registry);

  // An interval is complete.
  void Take(const AccessInterval& interval, int64_t seconds);
  void AddLeftOut(uint64_t late, uint64_t ahead);

 private:
  std::array<prometheus::Counter*, kStatusClasses.size()> hits_;
  prometheus::Counter& bytes_;
  prometheus::Counter& malformed_;
  prometheus::Counter& late_;
  prometheus::Counter& ahead_;
  prometheus::Gauge& hits_per_second_;
  prometheus::Gauge& error_ratio_;
  prometheus::Gauge& unique_clients_;
  prometheus::Gauge& latency_p50_;
  prometheus::Gauge& latency_p99_;
};

}  // namespace sluice::monitor
