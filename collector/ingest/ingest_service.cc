#include "collector/ingest/ingest_service.h"

#include <utility>
#include <vector>

#include "base/strings.h"
#include "collector/ingest/message_bytes.h"
#include "grpcpp/support/byte_buffer.h"

namespace sluice::collector {
namespace {

grpc::Status ToGrpc(const absl::Status& status) {
  // The codes have the same numbers.
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), std::string(ToStd(status.message())));
}

grpc::ByteBuffer Serialise(const v1::PushResponse& response) {
  grpc::Slice slice(response.ByteSizeLong());
  response.SerializeWithCachedSizesToArray(const_cast<uint8_t*>(slice.begin()));
  return grpc::ByteBuffer(&slice, 1);
}

}  // namespace

// Hands over to its session. Deletes itself when gRPC is done with it.
class IngestService::Reactor final : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>,
                                     private PushSink {
 public:
  Reactor(IngestService* service, std::string peer)
      : service_(service),
        session_(std::make_shared<PushSession>(&service->context_, static_cast<PushSink*>(this), std::move(peer))) {}

  void Start() {
    admitted_ = service_->Admit(session_);
    if (admitted_.ok()) {
      session_->Start();
    } else {
      Finish(admitted_);
    }
  }

  void OnReadDone(bool ok) override {
    if (!ok) return session_->OnReadEnd();
    SharedBytes bytes = TakeBytes(incoming_);
    incoming_.Clear();
    session_->OnMessage(std::move(bytes));
  }
  void OnWriteDone(bool ok) override { session_->OnWritten(ok); }
  void OnCancel() override { session_->OnCancelled(); }
  void OnDone() override {
    if (admitted_.ok()) service_->Remove(session_);
    delete this;
  }

 private:
  void Read() override { StartRead(&incoming_); }
  void Write(const v1::PushResponse& response) override {
    outgoing_ = Serialise(response);
    StartWrite(&outgoing_);
  }
  void Finish(const absl::Status& status) override { ServerBidiReactor::Finish(ToGrpc(status)); }

  IngestService* const service_;
  const std::shared_ptr<PushSession> session_;
  absl::Status admitted_;
  grpc::ByteBuffer incoming_;
  grpc::ByteBuffer outgoing_;
};

grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* IngestService::Push(grpc::CallbackServerContext* call) {
  auto* reactor = new Reactor(this, call->peer());
  reactor->Start();
  return reactor;
}

absl::Status IngestService::Admit(const std::shared_ptr<PushSession>& session) {
  MutexLock lock(&mutex_);
  if (stopping_) return absl::UnavailableError("the collector is stopping; connect again");
  if (sessions_.size() >= context_.limits.streams) {
    return absl::ResourceExhaustedError(
        StrCat(sessions_.size(), " streams of agents are open: the collector takes no more (limits.streams)"));
  }
  sessions_.insert(session);
  context_.metrics->agent_streams.Set(static_cast<double>(sessions_.size()));
  return absl::OkStatus();
}

void IngestService::Remove(const std::shared_ptr<PushSession>& session) {
  MutexLock lock(&mutex_);
  sessions_.erase(session);
  context_.metrics->agent_streams.Set(static_cast<double>(sessions_.size()));
  if (sessions_.empty()) idle_.SignalAll();
}

bool IngestService::Stop(absl::Duration timeout) {
  std::vector<std::shared_ptr<PushSession>> open;
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
    open.assign(sessions_.begin(), sessions_.end());
  }
  for (const auto& session : open) session->Stop();
  const int64_t deadline = context_.clock->MonotonicNanos() + absl::ToInt64Nanoseconds(timeout);
  MutexLock lock(&mutex_);
  while (!sessions_.empty()) {
    int64_t left = deadline - context_.clock->MonotonicNanos();
    if (left <= 0) return false;
    idle_.WaitWithTimeout(&mutex_, absl::Nanoseconds(left));
  }
  return true;
}

}  // namespace sluice::collector
