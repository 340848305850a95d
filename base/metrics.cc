#include "base/metrics.h"

namespace sluice {

prometheus::Family<prometheus::Counter>& NewCounters(prometheus::Registry* registry, const char* name,
                                                     const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(*registry);
}

prometheus::Family<prometheus::Gauge>& NewGauges(prometheus::Registry* registry, const char* name, const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(*registry);
}

prometheus::Counter& NewCounter(prometheus::Registry* registry, const char* name, const char* help,
                                const prometheus::Labels& labels) {
  return NewCounters(registry, name, help).Add(labels);
}

prometheus::Gauge& NewGauge(prometheus::Registry* registry, const char* name, const char* help,
                            const prometheus::Labels& labels) {
  return NewGauges(registry, name, help).Add(labels);
}

prometheus::Histogram& NewHistogram(prometheus::Registry* registry, const char* name, const char* help,
                                    const prometheus::Histogram::BucketBoundaries& boundaries) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(*registry).Add({}, boundaries);
}

}  // namespace sluice
