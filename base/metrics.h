// How a program's metrics are made: by name and help, in a registry that outlives them. Thread-safe.
#pragma once

#include "prometheus/counter.h"
#include "prometheus/family.h"
#include "prometheus/gauge.h"
#include "prometheus/histogram.h"
#include "prometheus/labels.h"
#include "prometheus/registry.h"

namespace sluice {

// The series with these labels; the same again, if it is there already.
prometheus::Counter& NewCounter(prometheus::Registry* registry, const char* name, const char* help,
                                const prometheus::Labels& labels = {});
prometheus::Gauge& NewGauge(prometheus::Registry* registry, const char* name, const char* help,
                            const prometheus::Labels& labels = {});
prometheus::Histogram& NewHistogram(prometheus::Registry* registry, const char* name, const char* help,
                                    const prometheus::Histogram::BucketBoundaries& boundaries);

// Of series whose labels are known later.
prometheus::Family<prometheus::Counter>& NewCounters(prometheus::Registry* registry, const char* name,
                                                     const char* help);
prometheus::Family<prometheus::Gauge>& NewGauges(prometheus::Registry* registry, const char* name, const char* help);

}  // namespace sluice
