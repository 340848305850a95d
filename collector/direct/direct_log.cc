#include "collector/direct/direct_log.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "absl/random/random.h"
#include "absl/strings/str_format.h"
#include "base/hash.h"
#include "base/status.h"
#include "base/strings.h"
#include "collector/log/batch_view.h"

namespace sluice::collector {
namespace {

// A batch is about this large at most, so that nobody has to hold a large one for the sake of a record.
constexpr size_t kBatchBytesMax = 1 << 20;

std::string MakeAgentId() {
  absl::BitGen random;
  return absl::StrFormat("%s%016x%016x", std::string(kEphemeralAgentPrefix), absl::Uniform<uint64_t>(random),
                         absl::Uniform<uint64_t>(random));
}

void Add(v1::LogRecord record, v1::LogBatch* batch) {
  v1::BatchSummary* summary = batch->mutable_summary();
  const uint64_t time = record.time_unix_nano();
  const bool first = batch->records_size() == 0;
  summary->set_count(summary->count() + 1);
  summary->set_severities(summary->severities() | 1u << record.severity());
  summary->set_min_time_unix_nano(first ? time : std::min<uint64_t>(summary->min_time_unix_nano(), time));
  summary->set_max_time_unix_nano(first ? time : std::max<uint64_t>(summary->max_time_unix_nano(), time));
  *batch->add_records() = std::move(record);
}

}  // namespace

DirectLog::DirectLog(const Parts& parts) : parts_(parts), agent_(MakeAgentId()) {}

absl::StatusOr<std::unique_ptr<DirectLog>> DirectLog::Open(const Parts& parts) {
  std::unique_ptr<DirectLog> direct(new DirectLog(parts));
  // Nothing is known of it; but a log takes batches only of those whose watermarks were asked for.
  const auto watermarks = parts.log->Watermarks(direct->agent_);
  if (!watermarks.ok()) return Annotate(watermarks.status(), "prepare for services that send directly");
  return direct;
}

void DirectLog::Append(std::vector<TopicRecord> records, Done done) {
  if (!parts_.budget->HasRoom()) {
    return done(ResourceExhausted("too much is under way (limits.pending_bytes): try again later"));
  }
  if (const absl::Status health = parts_.log->Health(); !health.ok()) return done(health);
  auto message = std::make_shared<PendingMessage>();
  message->taken_monotonic_nano = parts_.clock->MonotonicNanos();
  absl::Status failed;
  {
    // Numbers are given in the order in which the log gets them.
    MutexLock lock(&mutex_);
    LeaveRefusedFiles();
    absl::StatusOr<std::vector<IngestBatch>> batches = MakeBatches(std::move(records));
    if (batches.ok()) {
      std::vector<PendingBatch> pending;
      for (IngestBatch& batch : *batches) {
        message->bytes += batch.pending.bytes.size() + batch.parts_bytes();
        pending.push_back(batch.pending);
      }
      message->appended = *std::move(batches);
      parts_.budget->Take(message->bytes);
      parts_.metrics->ingest_pending_bytes.Increment(static_cast<double>(message->bytes));
      parts_.log->Append(std::move(pending), [this, message, done](const std::vector<AppendResult>& results) {
        OnAppended(*message, results, done);
      });
    } else {
      failed = batches.status();
    }
  }
  if (!failed.ok()) done(failed);
}

absl::StatusOr<std::vector<IngestBatch>> DirectLog::MakeBatches(std::vector<TopicRecord> records) {
  // What a batch's records share.
  using Key = std::tuple<std::string, std::string, std::string, std::string, std::string>;
  struct Open {
    v1::LogBatch batch;
    size_t bytes = 0;  // of its records
  };
  std::map<Key, Open> open;
  std::vector<IngestBatch> made;
  // Records of a topic stay in their order: a batch is closed before another one of its topic is begun.
  std::map<std::string, Key> last;
  const auto close = [&](std::map<Key, Open>::iterator batch) ABSL_NO_THREAD_SAFETY_ANALYSIS -> absl::Status {
    SLUICE_ASSIGN_OR_RETURN(IngestBatch ready, MakeBatch(&batch->second.batch));
    ready.index = static_cast<uint32_t>(made.size());
    made.push_back(std::move(ready));
    open.erase(batch);
    return absl::OkStatus();
  };
  for (TopicRecord& record : records) {
    const DirectRecord& direct = record.direct;
    Key key(record.topic, record.source, direct.service, direct.environment, direct.host);
    const auto before = last.find(record.topic);
    if (before != last.end()) {
      const auto batch = open.find(before->second);
      const bool full = batch != open.end() && batch->second.bytes > kBatchBytesMax;
      if (batch != open.end() && (full || before->second != key)) SLUICE_RETURN_IF_ERROR(close(batch));
    }
    last.insert_or_assign(record.topic, key);
    Open& current = open[key];
    current.bytes += direct.record.ByteSizeLong();
    v1::LogBatch& batch = current.batch;
    if (batch.records_size() == 0) {
      batch.set_topic(record.topic);
      batch.set_agent(agent_);
      batch.set_host(direct.host);
      batch.set_source(record.source);
      if (!direct.service.empty()) (*batch.mutable_labels())["service"] = direct.service;
      if (!direct.environment.empty()) (*batch.mutable_labels())["environment"] = direct.environment;
    }
    Add(std::move(record.direct.record), &batch);
  }
  while (!open.empty()) SLUICE_RETURN_IF_ERROR(close(open.begin()));
  return made;
}

// A log may refuse all that is behind what it refused: such a topic goes on in a new file.
void DirectLog::LeaveRefusedFiles() {
  MutexLock lock(&refused_mutex_);
  for (const auto& [topic, generation] : refused_) {
    const auto file = files_.find(topic);
    if (file != files_.end() && file->second.generation == generation) files_.erase(file);
  }
  refused_.clear();
}

absl::StatusOr<IngestBatch> DirectLog::MakeBatch(v1::LogBatch* batch) {
  const auto [entry, is_new] = files_.try_emplace(batch->topic());
  File& file = entry->second;
  if (is_new) file.generation = ++last_generation_;
  uint64_t& next = file.next;
  batch->mutable_file()->set_generation(file.generation);
  batch->mutable_file()->set_inode(Xxh3(StrCat("topic ", batch->topic())));
  batch->set_first_offset(next);
  for (v1::LogRecord& record : *batch->mutable_records()) record.set_offset(next++);
  batch->set_end_offset(next);
  IngestBatch made;
  made.pending.bytes = SharedBytes::FromString(batch->SerializeAsString());
  SLUICE_ASSIGN_OR_RETURN(made.pending.view, BatchView::Parse(made.pending.bytes.view()));
  SLUICE_RETURN_IF_ERROR(ValidateBatch(made.pending.view, &made.by_severity));
  if (parts_.router != nullptr) made.routed = parts_.router->Apply(made.by_severity, &made.pending);
  return made;
}

// On a thread of the log.
void DirectLog::OnAppended(const PendingMessage& message, const std::vector<AppendResult>& results, const Done& done) {
  const int64_t took = parts_.clock->MonotonicNanos() - message.taken_monotonic_nano;
  parts_.metrics->append_seconds.Observe(static_cast<double>(took) / 1e9);
  CountResults(message, results, parts_.metrics);
  parts_.budget->Give(message.bytes);
  parts_.metrics->ingest_pending_bytes.Decrement(static_cast<double>(message.bytes));
  absl::Status status;
  for (size_t i = 0; i < results.size(); ++i) {
    if (results[i].outcome != AppendResult::Outcome::kRejected) continue;
    const BatchView& view = message.appended[i].pending.view;
    status.Update(Annotate(results[i].rejection, StrCat("topic '", view.topic, "'")));
    MutexLock lock(&refused_mutex_);
    refused_.emplace_back(view.topic, view.file.generation);
  }
  done(status);
}

}  // namespace sluice::collector
