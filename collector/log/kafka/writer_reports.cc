// What Writer makes of the producer's reports.
#include <algorithm>
#include <utility>

#include "collector/log/kafka/writer.h"

namespace sluice::collector::kafka {
namespace {

// An agent goes to another collector when this one answered nothing for longer than that.
constexpr int64_t kStandstillNanos = int64_t{5} * 1'000'000'000;

}  // namespace

void Writer::NoteProgress() {
  recoveries_ = 0;
  standstill_ = absl::OkStatus();
}

void Writer::SetGauges() {
  parts_.metrics->queue_messages.Set(static_cast<double>(messages_));
  parts_.metrics->queue_bytes.Set(static_cast<double>(bytes_));
}

void Writer::Count(const Producer::Report& report) {
  Outgoing& outgoing = *report.outgoing;
  InFlight& batch = *outgoing.batch;
  messages_ -= report.messages;
  outgoing.reported += report.messages;
  batch.reported += report.messages;
  if (report.error == RD_KAFKA_RESP_ERR_NO_ERROR) {
    if (outgoing.first < 0) outgoing.first = report.first;
    outgoing.last = report.last;
    last_acknowledged_nano_ = parts_.clock->MonotonicNanos();
  } else {
    const bool purged = report.error == RD_KAFKA_RESP_ERR__PURGE_QUEUE ||
                        report.error == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT || report.error == RD_KAFKA_RESP_ERR__FATAL;
    if (!purged && outgoing.error == RD_KAFKA_RESP_ERR_NO_ERROR) outgoing.error = report.error;
    batch.failed = failed_ = true;
  }
  if (batch.reported == batch.messages) touched_.insert(batch.file);
}

// Who was stopped, or starved, finds its agents' batches where it left them; another collector may have delivered them.
void Writer::NoteAlive() {
  const int64_t now = parts_.clock->MonotonicNanos();
  const int64_t before = std::exchange(alive_nano_, now);
  if (now - before < kStandstillNanos) return;
  admitted_.clear();
  if (messages_ == 0) return;
  failed_ = stood_still_ = true;
  work_.Signal();
}

void Writer::OnReports(const std::vector<Producer::Report>& reports) {
  std::vector<std::shared_ptr<InFlight>> complete;
  {
    MutexLock lock(&mutex_);
    NoteAlive();
    if (reports.empty() && touched_.empty()) return;
    for (const Producer::Report& report : reports) Count(report);
    complete = TakeComplete();
    SetGauges();
    work_.Signal();
  }
  if (complete.empty()) return;
  Answers answers;
  for (const auto& batch : complete) Complete(*batch, &answers);
  // Behind the files: what is told of a partition holds for them.
  Advance(complete);
  Answer(answers);
  MutexLock lock(&mutex_);
  changed_.SignalAll();
}

std::vector<std::shared_ptr<InFlight>> Writer::TakeComplete() {
  std::vector<std::shared_ptr<InFlight>> complete;
  for (const std::string& file : touched_) {
    const auto entry = files_.find(file);
    if (entry == files_.end()) continue;
    auto& batches = entry->second;
    while (!batches.empty() && batches.front()->complete()) {
      bytes_ -= batches.front()->bytes;
      complete.push_back(std::move(batches.front()));
      batches.pop_front();
    }
    if (batches.empty()) files_.erase(entry);
  }
  touched_.clear();
  if (std::any_of(complete.begin(), complete.end(), [](const auto& batch) { return batch->messages > 0; })) {
    NoteProgress();
  }
  return complete;
}

void Writer::Complete(const InFlight& batch, Answers* answers) {
  parts_.files->Delivered(batch.batch.view);
  for (const auto& part : batch.parts) {
    if (part->messages > 0) parts_.catalog->NoteEnd(part->partition, part->last + 1);
  }
  AppendResult result;
  if (batch.messages > 0) {
    parts_.metrics->delivered.Increment(batch.messages);
    const int64_t took = parts_.clock->MonotonicNanos() - batch.produced_monotonic_nano;
    parts_.metrics->delivery_seconds.Observe(static_cast<double>(took) / 1e9);
  } else if (batch.duplicate || !batch.parts.empty()) {
    result.outcome = AppendResult::Outcome::kDuplicate;
  }
  Settle(batch.call, batch.index, std::move(result), answers);
}

void Writer::Advance(const std::vector<std::shared_ptr<InFlight>>& complete) {
  std::vector<Placed> noted;
  {
    MutexLock lock(&mutex_);
    for (const auto& batch : complete) batch->noted = true;
    for (const auto& batch : complete) {
      for (const auto& part : batch->parts) {
        const auto entry = partitions_.find(part->partition);
        if (entry == partitions_.end()) continue;
        auto& placed = entry->second;
        while (!placed.empty() && placed.front().batch->noted) {
          noted.push_back(std::move(placed.front()));
          placed.pop_front();
        }
        if (placed.empty()) partitions_.erase(entry);
      }
    }
  }
  for (const Placed& placed : noted) {
    if (placed.part->messages == 0) continue;
    parts_.watermarks->Delivered(placed.part->partition, placed.part->first, placed.part->last + 1);
  }
}

void Writer::Settle(const std::shared_ptr<AppendCall>& call, size_t index, AppendResult result, Answers* answers) {
  MutexLock lock(&mutex_);
  call->results[index] = std::move(result);
  if (--call->left == 0) answers->push_back(call);
}

void Writer::Answer(const Answers& answers) {
  for (const auto& call : answers) call->done(std::move(call->results));
}

}  // namespace sluice::collector::kafka
