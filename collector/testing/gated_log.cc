#include "collector/testing/gated_log.h"

namespace sluice::collector::testing {

void GatedLog::Close() {
  MutexLock lock(&mutex_);
  closed_ = true;
}

void GatedLog::Open() {
  MutexLock lock(&mutex_);
  closed_ = false;
  // Under the lock, so that none that comes now overtakes them.
  for (Call& call : waiting_) log_->Append(std::move(call.batches), std::move(call.done));
  waiting_.clear();
}

void GatedLog::LetOnePass() {
  Call call = TakeOne();
  log_->Append(std::move(call.batches), std::move(call.done));
}

void GatedLog::AnswerOne(std::vector<AppendResult> results) { TakeOne().done(std::move(results)); }

size_t GatedLog::waiting() const {
  MutexLock lock(&mutex_);
  return waiting_.size();
}

void GatedLog::Append(std::vector<PendingBatch> batches, AppendDone done) {
  {
    MutexLock lock(&mutex_);
    if (closed_) {
      waiting_.push_back({std::move(batches), std::move(done)});
      came_.SignalAll();
      return;
    }
  }
  log_->Append(std::move(batches), std::move(done));
}

GatedLog::Call GatedLog::TakeOne() {
  MutexLock lock(&mutex_);
  while (waiting_.empty()) came_.Wait(&mutex_);
  Call call = std::move(waiting_.front());
  waiting_.pop_front();
  return call;
}

}  // namespace sluice::collector::testing
