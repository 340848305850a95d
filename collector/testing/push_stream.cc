#include "collector/testing/push_stream.h"

#include <utility>

namespace sluice::collector::testing {

PushStream::PushStream(const IngestContext* context, std::string peer)
    : session_(std::make_shared<PushSession>(context, this, std::move(peer))) {
  session_->Start();
}

PushStream::~PushStream() { session_->OnCancelled(); }

void PushStream::Send(const v1::PushRequest& request) { SendBytes(request.SerializeAsString()); }

void PushStream::SendBytes(std::string bytes) {
  {
    MutexLock lock(&mutex_);
    while (!reading_ && !end_.has_value()) changed_.Wait(&mutex_);
    if (end_.has_value()) return;
    reading_ = false;
  }
  session_->OnMessage(SharedBytes::FromString(std::move(bytes)));
}

void PushStream::SendHello(const std::string& agent, const std::string& instance) {
  v1::PushRequest request;
  request.mutable_hello()->set_agent(agent);
  request.mutable_hello()->set_instance(instance);
  request.mutable_hello()->set_host("host");
  Send(request);
}

void PushStream::SendBatches(uint64_t sequence, const std::vector<v1::LogBatch>& batches) {
  v1::PushRequest request;
  request.set_sequence(sequence);
  for (const v1::LogBatch& batch : batches) *request.add_batches() = batch;
  Send(request);
}

void PushStream::SendEnd() {
  {
    MutexLock lock(&mutex_);
    while (!reading_ && !end_.has_value()) changed_.Wait(&mutex_);
    if (end_.has_value()) return;
    reading_ = false;
  }
  session_->OnReadEnd();
}

v1::PushResponse PushStream::Receive() {
  v1::PushResponse response;
  {
    MutexLock lock(&mutex_);
    while (!writing_.has_value() && !end_.has_value()) changed_.Wait(&mutex_);
    if (!writing_.has_value()) return response;
    response = *std::exchange(writing_, std::nullopt);
  }
  session_->OnWritten(true);
  return response;
}

std::vector<v1::FileWatermark> PushStream::ReceiveWelcome() {
  std::vector<v1::FileWatermark> files;
  for (;;) {
    v1::PushResponse response = Receive();
    files.insert(files.end(), response.welcome().files().begin(), response.welcome().files().end());
    if (!response.has_welcome() || response.welcome().complete()) return files;
  }
}

absl::Status PushStream::AwaitEnd() {
  for (;;) {
    {
      MutexLock lock(&mutex_);
      while (!writing_.has_value() && !end_.has_value()) changed_.Wait(&mutex_);
      if (end_.has_value()) return *end_;
    }
    Receive();
  }
}

bool PushStream::reading() {
  MutexLock lock(&mutex_);
  return reading_;
}

bool PushStream::ended() {
  MutexLock lock(&mutex_);
  return end_.has_value();
}

void PushStream::Read() {
  MutexLock lock(&mutex_);
  reading_ = true;
  changed_.SignalAll();
}

void PushStream::Write(const v1::PushResponse& response) {
  MutexLock lock(&mutex_);
  writing_ = response;
  changed_.SignalAll();
}

void PushStream::Finish(const absl::Status& status) {
  MutexLock lock(&mutex_);
  end_ = status;
  changed_.SignalAll();
}

}  // namespace sluice::collector::testing
