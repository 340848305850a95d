#include "collector/support/collector_metrics.h"

#include "base/metrics.h"
#include "base/program.h"
#include "base/strings.h"

namespace sluice::collector {
namespace {

using prometheus::Histogram;
using prometheus::Registry;

constexpr std::array<const char*, kSeverityRanges> kRangeNames = {"unknown", "trace", "debug", "info",
                                                                  "warn",    "error", "fatal"};

// From an append on a fast disk to one that waits behind a compaction.
const Histogram::BucketBoundaries kAppendSeconds = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                                    0.1,    0.25,  0.5,    1,     2.5,  5,     10};

}  // namespace

CollectorMetrics::CollectorMetrics(Registry* registry)
    : batches_duplicate(NewCounter(registry, "sluice_collector_batches_duplicate_total",
                                   "Batches that agents sent again after they were stored; recognised, not stored "
                                   "twice.")),
      append_seconds(NewHistogram(registry, "sluice_collector_append_seconds",
                                  "Time from taking a message of batches until it was durable.", kAppendSeconds)),
      ingest_pending_bytes(NewGauge(registry, "sluice_collector_ingest_pending_bytes",
                                    "Bytes of agents' messages in memory that are not yet durable.")),
      agent_streams(
          NewGauge(registry, "sluice_collector_agent_streams", "Streams of agents and publishers that are open.")),
      publishers(NewGauge(registry, "sluice_collector_publishers", "Publishers that are connected.")),
      subscribers(
          NewGauge(registry, "sluice_collector_subscribers", "Subscriptions that are open and know where they begin.")),
      records_sent(
          NewCounter(registry, "sluice_collector_records_sent_total", "Records that were sent to subscribers.")),
      bytes_sent(NewCounter(registry, "sluice_collector_bytes_sent_total",
                            "Bytes of messages that were sent to subscribers.")),
      topics(NewGauge(registry, "sluice_collector_topics", "Topics in the log.")),
      log_bytes(NewGauge(registry, "sluice_collector_log_bytes", "Bytes of the batches that are stored now.")),
      log_healthy(NewGauge(registry, "sluice_collector_log_healthy",
                           "1 if the log takes batches, 0 if it cannot at the moment (see /readyz for the reason).")),
      records_(NewCounters(registry, "sluice_collector_records_total",
                           "Records stored, by topic and range of severity (unknown: the line names none).")),
      bytes_(NewCounters(registry, "sluice_collector_bytes_total",
                         "Bytes of batches stored, by topic, as they came over the wire.")),
      agent_last_seen_(NewGauges(registry, "sluice_collector_agent_last_seen_timestamp_seconds",
                                 "When an agent last sent anything, seconds since the Unix epoch.")),
      batches_rejected_(NewCounters(registry, "sluice_collector_batches_rejected_total",
                                    "Batches that were not stored: resource_exhausted may be taken later, "
                                    "invalid_argument never, aborted ends as a dead letter.")),
      stream_errors_(NewCounters(registry, "sluice_collector_agent_stream_errors_total",
                                 "Streams of agents that the collector ended with an error, by gRPC status code.")),
      omitted_(NewCounters(registry, "sluice_collector_records_omitted_total",
                           "Records that subscribers were told they will never see, by reason, as far as the number is "
                           "known.")),
      direct_requests_(
          NewCounters(registry, "sluice_collector_direct_requests_total",
                      "Requests of services that send by themselves, by protocol and code of the answer.")),
      dropped_(NewCounters(registry, "sluice_collector_records_dropped_total",
                           "Records that a route of the configuration dropped, by route.")),
      dead_letters_(NewCounters(registry, "sluice_collector_dead_letters_total",
                                "Records that went to the topic of dead letters, by reason.")),
      group_lag_(
          NewGauges(registry, "sluice_collector_group_lag_records",
                    "Records behind what a consumer group has acknowledged, of its topics; measured now and then.")),
      group_members_(NewGauges(registry, "sluice_collector_group_members", "Members of a consumer group.")) {
  NewGauge(registry, "sluice_collector_build_info", "Always 1; the collector's version as a label.",
           {{"version", std::string(Version())}})
      .Set(1);
}

const CollectorMetrics::Topic& CollectorMetrics::OfTopic(std::string_view topic) {
  MutexLock lock(&mutex_);
  auto entry = topics_.find(ToAbsl(topic));
  if (entry == topics_.end()) {
    std::string name(topic);
    auto series = std::make_unique<Topic>();
    for (size_t i = 0; i < kSeverityRanges; ++i) {
      series->records[i] = &records_.Add({{"topic", name}, {"severity", kRangeNames[i]}});
    }
    series->bytes = &bytes_.Add({{"topic", name}});
    entry = topics_.emplace(std::move(name), std::move(series)).first;
  }
  return *entry->second;
}

prometheus::Gauge* CollectorMetrics::NewAgentLastSeen(const std::string& agent) {
  return &agent_last_seen_.Add({{"agent", agent}});
}

void CollectorMetrics::RemoveAgentLastSeen(prometheus::Gauge* gauge) { agent_last_seen_.Remove(gauge); }

CollectorMetrics::GroupSeries CollectorMetrics::NewGroup(const std::string& group) {
  return {&group_lag_.Add({{"group", group}}), &group_members_.Add({{"group", group}})};
}

void CollectorMetrics::RemoveGroup(const GroupSeries& series) {
  group_lag_.Remove(series.lag);
  group_members_.Remove(series.members);
}

void CollectorMetrics::CountRejectedBatch(std::string_view reason) {
  batches_rejected_.Add({{"reason", std::string(reason)}}).Increment();
}

void CollectorMetrics::CountStreamError(std::string_view code) {
  stream_errors_.Add({{"code", std::string(code)}}).Increment();
}

void CollectorMetrics::CountDropped(const std::string& route, uint32_t records) {
  dropped_.Add({{"route", route}}).Increment(records);
}

void CollectorMetrics::CountDeadLetters(std::string_view reason, uint32_t records) {
  dead_letters_.Add({{"reason", std::string(reason)}}).Increment(records);
}

void CollectorMetrics::CountDirectRequest(std::string_view protocol, std::string_view code) {
  direct_requests_.Add({{"protocol", std::string(protocol)}, {"code", std::string(code)}}).Increment();
}

void CollectorMetrics::CountOmitted(std::string_view reason, uint64_t records) {
  omitted_.Add({{"reason", std::string(reason)}}).Increment(static_cast<double>(records));
}

}  // namespace sluice::collector
