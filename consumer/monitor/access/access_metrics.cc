#include "consumer/monitor/access/access_metrics.h"

#include <string>

#include "base/metrics.h"

namespace sluice::monitor {
namespace {

prometheus::Gauge& NewLatency(prometheus::Registry* registry, const char* quantile) {
  return NewGauge(registry, "sluice_monitor_access_latency_seconds",
                  "Latency in the last complete interval, within 1 %, by quantile; 0 if no line tells it.",
                  {{"quantile", quantile}});
}

}  // namespace

AccessMetrics::AccessMetrics(prometheus::Registry* registry)
    : bytes_(NewCounter(registry, "sluice_monitor_access_bytes_total", "Bytes that access logs say were sent.")),
      malformed_(NewCounter(registry, "sluice_monitor_access_malformed_total",
                            "Lines of access logs that are of no format that is known.")),
      late_(NewCounter(registry, "sluice_monitor_access_late_total",
                       "Lines of access logs that came when their interval was told already; in no statistics.")),
      ahead_(NewCounter(registry, "sluice_monitor_access_ahead_total",
                        "Lines of access logs with a time in the future; in no statistics.")),
      hits_per_second_(
          NewGauge(registry, "sluice_monitor_access_hits_per_second", "Hits a second in the last complete interval.")),
      error_ratio_(NewGauge(registry, "sluice_monitor_access_error_ratio",
                            "Share of answers with a status of 5xx in the last complete interval.")),
      unique_clients_(NewGauge(registry, "sluice_monitor_access_unique_clients",
                               "Different clients in the last complete interval, within 2.5 %.")),
      latency_p50_(NewLatency(registry, "0.5")),
      latency_p99_(NewLatency(registry, "0.99")) {
  auto& hits = NewCounters(registry, "sluice_monitor_access_hits_total",
                           "Lines of access logs in complete intervals, by status class.");
  for (size_t i = 0; i < kStatusClasses.size(); ++i) hits_[i] = &hits.Add({{"class", std::string(kStatusClasses[i])}});
}

void AccessMetrics::Take(const AccessInterval& interval, int64_t seconds) {
  for (size_t i = 0; i < kStatusClasses.size(); ++i) hits_[i]->Increment(static_cast<double>(interval.statuses()[i]));
  const auto hits = static_cast<double>(interval.hits());
  bytes_.Increment(static_cast<double>(interval.bytes()));
  malformed_.Increment(static_cast<double>(interval.malformed()));
  hits_per_second_.Set(hits / static_cast<double>(seconds));
  error_ratio_.Set(hits == 0 ? 0 : static_cast<double>(interval.errors()) / hits);
  unique_clients_.Set(static_cast<double>(interval.unique_clients()));
  latency_p50_.Set(interval.latencies().Quantile(0.5));
  latency_p99_.Set(interval.latencies().Quantile(0.99));
}

void AccessMetrics::AddLeftOut(uint64_t late, uint64_t ahead) {
  late_.Increment(static_cast<double>(late));
  ahead_.Increment(static_cast<double>(ahead));
}

}  // namespace sluice::monitor
