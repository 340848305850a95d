#include "collector/log/rocksdb/writer.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "base/log.h"
#include "base/status.h"

namespace sluice::collector {
namespace {

std::vector<AppendResult> Refusals(size_t count) {
  return std::vector<AppendResult>(count, {AppendResult::Outcome::kRejected, Unavailable("the log is stopping")});
}

}  // namespace

Writer::Writer(const RocksDbOptions& options, const Parts& parts)
    : options_(options),
      parts_(parts),
      space_(options, parts.database->directory()),
      commit_(parts.topics, parts.watermarks, options.topics_max),
      next_sequence_(parts.tail->end()),
      last_append_unix_nano_(parts.topics->last_append_unix_nano()),
      thread_([this] { Run(); }) {}

Writer::~Writer() {
  Stop();
  {
    MutexLock lock(&mutex_);
    ending_ = true;
    work_.Signal();
  }
  thread_.join();
}

void Writer::Append(std::vector<PendingBatch> batches, EventLog::AppendDone done) {
  Request request;
  for (const PendingBatch& batch : batches) request.bytes += batch.bytes.size();
  request.batches = std::move(batches);
  request.done = std::move(done);
  request.arrival_nanos = parts_.clock->MonotonicNanos();
  MutexLock lock(&mutex_);
  request.refused = stopping_;
  queue_.push_back(std::move(request));
  work_.Signal();
}

void Writer::ForgetWatermarks(std::vector<std::string> keys, int64_t append_unix_nano) {
  MutexLock lock(&mutex_);
  old_ = {std::move(keys), append_unix_nano};
  work_.Signal();
}

absl::Status Writer::Health() const {
  MutexLock lock(&mutex_);
  return health_;
}

void Writer::Stop() {
  MutexLock lock(&mutex_);
  stopping_ = true;
  work_.Signal();
  while (busy_ || !queue_.empty()) drained_.Wait(&mutex_);
}

void Writer::Run() {
  std::deque<Request> requests;
  Old old;
  while (Take(&requests, &old)) {
    Results results = Commit(requests, old);
    Answer(std::move(requests), std::move(results));
    requests.clear();
    MutexLock lock(&mutex_);
    busy_ = false;
    if (queue_.empty()) drained_.SignalAll();
  }
}

bool Writer::Take(std::deque<Request>* requests, Old* old) {
  MutexLock lock(&mutex_);
  while (queue_.empty() && old_.keys.empty() && !ending_) work_.Wait(&mutex_);
  if (queue_.empty() && old_.keys.empty()) return false;
  size_t bytes = 0;
  while (!queue_.empty() && (requests->empty() || bytes + queue_.front().bytes <= options_.commit_bytes_max)) {
    bytes += queue_.front().bytes;
    requests->push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  *old = std::exchange(old_, {});
  busy_ = true;
  return true;
}

void Writer::Answer(std::deque<Request> requests, Results results) {
  const int64_t now = parts_.clock->MonotonicNanos();
  options_.on_commit(static_cast<double>(now - requests.front().arrival_nanos) * 1e-9);
  for (size_t i = 0; i < requests.size(); ++i) requests[i].done(std::move(results[i]));
}

Writer::Results Writer::Commit(const std::deque<Request>& requests, const Old& old) {
  Results results(requests.size());
  for (;;) {
    const absl::Status status = refusing_ ? Unavailable("the log is stopping") : TryCommit(requests, old, &results);
    if (status.ok()) break;
    // Once something is refused all that comes behind it is: a later batch of the same file must not pass the gap.
    refusing_ = refusing_ || !Pause(status);
    if (refusing_) {
      for (size_t i = 0; i < requests.size(); ++i) results[i] = Refusals(requests[i].batches.size());
      return results;
    }
  }
  ReportRecovery();
  return results;
}

absl::Status Writer::TryCommit(const std::deque<Request>& requests, const Old& old, Results* results) {
  results->assign(requests.size(), {});
  if (failed_) SLUICE_RETURN_IF_ERROR(Recover());
  SLUICE_ASSIGN_OR_RETURN(const Database::Session session, parts_.database->Enter());
  // Never back, so that the log can be searched by time.
  last_append_unix_nano_ = std::max(last_append_unix_nano_, parts_.clock->UnixNanos());
  commit_.Begin(&session, next_sequence_, last_append_unix_nano_);
  SLUICE_RETURN_IF_ERROR(commit_.ForgetWatermarks(old.keys, old.append_unix_nano));
  for (size_t i = 0; i < requests.size(); ++i) {
    if (requests[i].refused) {
      (*results)[i] = Refusals(requests[i].batches.size());
    } else {
      SLUICE_RETURN_IF_ERROR(commit_.Add(requests[i].batches, &(*results)[i]));
    }
  }
  commit_.Finish();
  if (commit_.empty()) return absl::OkStatus();
  SLUICE_RETURN_IF_ERROR(Write(session));
  Publish();
  return absl::OkStatus();
}

absl::Status Writer::Write(const Database::Session& session) {
  SLUICE_RETURN_IF_ERROR(space_.Check(commit_.write_batch()->GetDataSize()));
  const rocksdb::Status status = session.Write(commit_.write_batch());
  failed_ = !status.ok();
  return FromRocksDb(status, "append");
}

absl::Status Writer::Recover() {
  SLUICE_RETURN_IF_ERROR(space_.Check(0));
  SLUICE_RETURN_IF_ERROR(parts_.database->Reopen([this](const Database::Session& session) {
    const absl::Status status = parts_.topics->Load(session);
    return status.ok() ? parts_.watermarks->Load(session) : status;
  }));
  // The write that failed may have reached the disk whole. Then it counts, and its batches will be duplicates.
  const uint64_t end = std::max(parts_.topics->last_sequence() + 1, next_sequence_);
  if (end != next_sequence_) parts_.tail->Reset(end);
  next_sequence_ = end;
  failed_ = false;
  return absl::OkStatus();
}

void Writer::Publish() {
  const std::shared_ptr<const CommittedBatches> committed = commit_.Apply();
  if (committed == nullptr) return;
  next_sequence_ = committed->last_sequence() + 1;
  parts_.tail->Push(committed);
  parts_.listeners->Notify(committed->batches);
}

bool Writer::Pause(const absl::Status& failure) {
  bool first = false;
  bool go_on = false;
  {
    MutexLock lock(&mutex_);
    first = health_.ok();
    health_ = failure;
    if (!stopping_) work_.WaitWithTimeout(&mutex_, options_.retry_interval);
    go_on = !stopping_;
  }
  if (first) log::Error("log", "cannot append; trying until it works", {{"reason", failure}});
  return go_on;
}

void Writer::ReportRecovery() {
  {
    MutexLock lock(&mutex_);
    if (health_.ok()) return;
    health_ = absl::OkStatus();
  }
  log::Info("log", "appending again");
}

}  // namespace sluice::collector
