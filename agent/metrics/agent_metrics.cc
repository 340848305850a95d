#include "agent/metrics/agent_metrics.h"

#include <map>
#include <string>

#include "base/metrics.h"

namespace sluice::agent {
namespace {

prometheus::Counter& NewReloadCounter(prometheus::Registry* registry, const char* result) {
  return NewCounter(registry, "sluice_agent_config_reloads_total",
                    "Times that the configuration was read again while running, by result.", {{"result", result}});
}

}  // namespace

std::string_view LossReasonName(LossReason reason) {
  switch (reason) {
    case LossReason::kTruncated:
      return "truncated";
    case LossReason::kDeleted:
      return "deleted";
    case LossReason::kGivenUp:
      return "given_up";
    case LossReason::kCorrupt:
      return "corrupt";
  }
  return "unknown";
}

AgentMetrics::AgentMetrics(prometheus::Registry* registry)
    : lines_read(NewCounter(registry, "sluice_agent_lines_read_total",
                            "Lines read from files; lines that are read again after a lost connection count again.")),
      bytes_read(NewCounter(registry, "sluice_agent_bytes_read_total", "Bytes of these lines, with their newlines.")),
      records_acked(NewCounter(registry, "sluice_agent_records_acked_total",
                               "Records that the collector acknowledged as durable.")),
      lines_not_utf8(NewCounter(registry, "sluice_agent_lines_not_utf8_total",
                                "Lines read that are not valid UTF-8; their exact bytes are kept.")),
      long_line_parts(NewCounter(registry, "sluice_agent_long_line_parts_total",
                                 "Parts that lines longer than max_line_bytes were split into, but for the last.")),
      files_replaced(
          NewCounter(registry, "sluice_agent_files_replaced_total",
                     "Files found truncated or rewritten in place, or with a reused inode, and begun anew.")),
      batches_rejected(NewCounter(registry, "sluice_agent_batches_rejected_total",
                                  "Batches that the collector refused; they are sent again later.")),
      checkpoint_writes(NewCounter(registry, "sluice_agent_checkpoint_writes_total", "Checkpoints written.")),
      checkpoint_failures(
          NewCounter(registry, "sluice_agent_checkpoint_failures_total", "Checkpoints that could not be written.")),
      connections_lost(NewCounter(registry, "sluice_agent_connections_lost_total",
                                  "Connections to the collector that failed or ended.")),
      events_dropped(NewCounter(registry, "sluice_agent_events_dropped_total",
                                "Lifecycle records that could not be written to the state directory.")),
      collector_behind_bytes(
          NewCounter(registry, "sluice_agent_collector_behind_bytes_total",
                     "Bytes acknowledged earlier that the collector does not hold: its data was lost or set back.")),
      connected(NewGauge(registry, "sluice_agent_connected", "1 while connected to the collector, else 0.")),
      lag_bytes(NewGauge(registry, "sluice_agent_lag_bytes", "Bytes in followed files that are not yet acknowledged.")),
      lag_seconds(
          NewGauge(registry, "sluice_agent_lag_seconds",
                   "How long the oldest byte that is not yet acknowledged has been there, as far as is known.")),
      files(NewGauge(registry, "sluice_agent_files", "Files that are followed.")),
      files_open(NewGauge(registry, "sluice_agent_files_open", "Files that are open now.")),
      bytes_in_flight(
          NewGauge(registry, "sluice_agent_bytes_in_flight", "Bytes of messages sent and not yet acknowledged.")),
      paths_unreadable(NewGauge(registry, "sluice_agent_paths_unreadable",
                                "Files and directories that belong to a source and cannot be opened.")),
      directories_watched(
          NewGauge(registry, "sluice_agent_directories_watched", "Directories that are watched by inotify.")),
      directories_polled(NewGauge(registry, "sluice_agent_directories_polled",
                                  "Directories that are looked at every second, since they cannot be watched.")),
      config_valid(NewGauge(registry, "sluice_agent_config_valid",
                            "1 if the configuration on disk is the one in use, 0 if it cannot be used.")),
      bytes_lost_(NewCounters(registry, "sluice_agent_bytes_lost_total",
                              "Bytes that were written to followed files and will never be delivered, by reason.")),
      records_dropped_(NewCounters(registry, "sluice_agent_records_dropped_total",
                                   "Records that were left out as their source is configured, by source and reason.")),
      redactions_(NewCounters(registry, "sluice_agent_redactions_total",
                              "Places in records that were replaced by a mask, by source.")),
      reloads_succeeded_(NewReloadCounter(registry, "success")),
      reloads_failed_(NewReloadCounter(registry, "failure")),
      parse_errors_(NewCounters(registry, "sluice_agent_parse_errors_total",
                                "Lines that are not of the format that their source names, by source; they are "
                                "delivered as plain text.")) {
  config_valid.Set(1);
  for (LossReason reason : {LossReason::kTruncated, LossReason::kDeleted, LossReason::kGivenUp, LossReason::kCorrupt}) {
    CountLoss(reason, 0);  // so that every reason is there from the start
  }
}

void AgentMetrics::CountParseErrors(std::string_view source, uint64_t lines) {
  parse_errors_.Add({{"source", std::string(source)}}).Increment(static_cast<double>(lines));
}

void AgentMetrics::CountReload(bool success) {
  (success ? reloads_succeeded_ : reloads_failed_).Increment();
  config_valid.Set(success ? 1 : 0);
}

void AgentMetrics::CountLoss(LossReason reason, uint64_t bytes) {
  std::string name(LossReasonName(reason));
  bytes_lost_.Add({{"reason", name}}).Increment(static_cast<double>(bytes));
  MutexLock lock(&mutex_);
  if (bytes > 0) losses_[name] += bytes;
}

void AgentMetrics::CountDropped(const std::string& source, DropReason reason, uint64_t records) {
  const char* const name = reason == DropReason::kFilter ? "filter" : "sampled";
  records_dropped_.Add({{"source", source}, {"reason", name}}).Increment(static_cast<double>(records));
}

void AgentMetrics::CountRedactions(const std::string& source, uint64_t count) {
  redactions_.Add({{"source", source}}).Increment(static_cast<double>(count));
}

std::map<std::string, uint64_t> AgentMetrics::Losses() const {
  MutexLock lock(&mutex_);
  return losses_;
}

}  // namespace sluice::agent
