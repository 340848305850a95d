#include "collector/log/rocksdb/maintenance.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/status.h"

namespace sluice::collector {
namespace {

constexpr absl::Duration kWatermarkInterval = absl::Hours(1);
// What could not be reclaimed when batches were dropped (it was being written just then) is, some time later.
constexpr uint64_t kPassesPerReclaim = 60;
// The rest waits for the next time.
constexpr size_t kWatermarksPerPass = 10'000;

}  // namespace

Maintenance::Maintenance(const RocksDbOptions& options, const Parts& parts)
    : options_(options),
      parts_(parts),
      retention_(options.retention, parts.topics, &stop_),
      reclaimer_(*parts.topics, parts.filter, &stop_),
      watermarks_looked_at_unix_nano_(parts.clock->UnixNanos()),
      thread_([this] { Run(); }) {}

Maintenance::~Maintenance() { Stop(); }

void Maintenance::RunNow() {
  MutexLock lock(&mutex_);
  const uint64_t wanted = ++passes_wanted_;
  wake_.Signal();
  while (passes_done_ < wanted && !stop_) done_.Wait(&mutex_);
}

void Maintenance::Stop() {
  {
    MutexLock lock(&mutex_);
    stop_ = true;
    wake_.SignalAll();
    done_.SignalAll();
  }
  if (thread_.joinable()) thread_.join();
}

void Maintenance::Run() {
  for (;;) {
    uint64_t wanted = 0;
    bool forced = false;
    {
      MutexLock lock(&mutex_);
      if (!stop_ && passes_wanted_ == passes_done_) wake_.WaitWithTimeout(&mutex_, options_.retention_interval);
      if (stop_) return;
      wanted = passes_wanted_;
      forced = wanted != passes_done_;
    }
    Pass(forced);
    MutexLock lock(&mutex_);
    passes_done_ = wanted;
    done_.SignalAll();
  }
}

void Maintenance::Pass(bool forced) {
  const int64_t now = parts_.clock->UnixNanos();
  absl::Status status = ApplyRetention(now, forced);
  if (status.ok()) status = ForgetWatermarks(now, forced);
  Report(status);
}

absl::Status Maintenance::ApplyRetention(int64_t now_unix_nano, bool forced) {
  // Read before the topics are: what is appended meanwhile lies behind it.
  const uint64_t end = parts_.tail->end();
  SLUICE_ASSIGN_OR_RETURN(const Database::Session session, parts_.database->Enter());
  SLUICE_ASSIGN_OR_RETURN(const bool dropped, retention_.Run(session, now_unix_nano));
  if (!dropped && !forced && ++passes_since_reclaim_ < kPassesPerReclaim) return absl::OkStatus();
  passes_since_reclaim_ = 0;
  const uint64_t first_sequence = parts_.topics->first_sequence().value_or(end);
  SLUICE_RETURN_IF_ERROR(DropCommitTimes(session, first_sequence));
  return reclaimer_.Run(session, first_sequence);
}

absl::Status Maintenance::ForgetWatermarks(int64_t now_unix_nano, bool forced) {
  if (!forced && now_unix_nano - watermarks_looked_at_unix_nano_ < absl::ToInt64Nanoseconds(kWatermarkInterval)) {
    return absl::OkStatus();
  }
  watermarks_looked_at_unix_nano_ = now_unix_nano;
  const int64_t before = now_unix_nano - absl::ToInt64Nanoseconds(options_.retention.age + kWatermarkGrace);
  SLUICE_ASSIGN_OR_RETURN(std::vector<std::string> old, parts_.watermarks->OlderThan(before, "", kWatermarksPerPass));
  const int64_t ephemeral_before = now_unix_nano - kEphemeralMemoryNanos;
  SLUICE_ASSIGN_OR_RETURN(std::vector<std::string> ephemeral,
                          parts_.watermarks->OlderThan(ephemeral_before, kEphemeralAgentPrefix, kWatermarksPerPass));
  std::move(ephemeral.begin(), ephemeral.end(), std::back_inserter(old));
  // A file that got something after all got it later than either.
  if (!old.empty()) parts_.writer->ForgetWatermarks(std::move(old), std::max(before, ephemeral_before));
  return absl::OkStatus();
}

void Maintenance::Report(const absl::Status& status) {
  // While the database is closed the writer says why.
  std::string report = status.ok() || absl::IsUnavailable(status) ? "" : status.ToString();
  if (!report.empty() && report != last_report_ && !stop_) {
    log::Warn("log", "the retention could not be applied; trying again", {{"reason", report}});
  }
  last_report_ = std::move(report);
}

}  // namespace sluice::collector
