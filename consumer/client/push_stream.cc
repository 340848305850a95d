#include "consumer/client/push_stream.h"

#include <utility>

#include "consumer/client/channel.h"

namespace sluice::client {

PushStream::PushStream(const std::shared_ptr<grpc::Channel>& channel, PushStreamListener* listener)
    : stub_(v1::IngestService::NewStub(channel)), listener_(listener) {}

void PushStream::Start(v1::PushRequest hello) {
  outgoing_ = std::move(hello);
  stub_->async()->Push(&context_, this);
  AddHold();  // for writes that begin later; released when reading ends
  StartWrite(&outgoing_);
  StartRead(&incoming_);
  StartCall();
}

bool PushStream::Hold() {
  MutexLock lock(&mutex_);
  if (closed_) return false;
  AddHold();
  return true;
}

void PushStream::Write(v1::PushRequest request) {
  if (!Hold()) return;
  outgoing_ = std::move(request);
  StartWrite(&outgoing_);
  RemoveHold();
}

void PushStream::Finish() {
  if (!Hold()) return;
  StartWritesDone();
  RemoveHold();
}

void PushStream::OnWriteDone(bool ok) {
  if (ok) listener_->OnWritten();  // else OnDone tells why
}

void PushStream::OnReadDone(bool ok) {
  if (ok) {
    listener_->OnResponse(std::move(incoming_));
    incoming_.Clear();
    StartRead(&incoming_);
    return;
  }
  {
    MutexLock lock(&mutex_);
    closed_ = true;
  }
  RemoveHold();
}

void PushStream::OnDone(const grpc::Status& status) { listener_->OnEnded(ToAbslStatus(status)); }

}  // namespace sluice::client
