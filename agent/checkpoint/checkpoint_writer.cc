#include "agent/checkpoint/checkpoint_writer.h"

#include <optional>
#include <utility>

#include "base/log.h"

namespace sluice::agent {

CheckpointWriter::CheckpointWriter(CheckpointStore* store, AgentMetrics* metrics)
    : store_(store), metrics_(metrics), thread_([this] { Run(); }) {}

CheckpointWriter::~CheckpointWriter() { Stop(); }

void CheckpointWriter::Write(v1::AgentCheckpoint checkpoint) {
  MutexLock lock(&mutex_);
  waiting_ = std::move(checkpoint);
  changed_.Signal();
}

bool CheckpointWriter::Idle() const {
  MutexLock lock(&mutex_);
  return !waiting_.has_value() && !writing_;
}

void CheckpointWriter::Stop() {
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
    changed_.Signal();
  }
  if (thread_.joinable()) thread_.join();
}

void CheckpointWriter::Run() {
  bool failing = false;
  while (true) {
    v1::AgentCheckpoint checkpoint;
    {
      MutexLock lock(&mutex_);
      writing_ = false;
      while (!waiting_.has_value() && !stopping_) changed_.Wait(&mutex_);
      if (!waiting_.has_value()) return;
      checkpoint = *std::exchange(waiting_, std::nullopt);
      writing_ = true;
    }
    absl::Status status = store_->Save(std::move(checkpoint));
    (status.ok() ? metrics_->checkpoint_writes : metrics_->checkpoint_failures).Increment();
    if (!status.ok() && !failing) {
      log::Error("checkpoint", "cannot write; going on, the collector's watermarks keep every line once",
                 {{"reason", status}});
    } else if (status.ok() && failing) {
      log::Info("checkpoint", "can be written again");
    }
    failing = !status.ok();
  }
}

}  // namespace sluice::agent
