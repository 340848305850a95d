#include "collector/ingest/ingest_service.h"

#include <utility>

#include "base/status.h"
#include "base/strings.h"
#include "collector/ingest/message_bytes.h"
#include "collector/support/peer.h"
#include "grpcpp/support/byte_buffer.h"

namespace sluice::collector {
namespace {

grpc::Status ToGrpc(const absl::Status& status) {
  // The codes have the same numbers.
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), std::string(MessageOf(status)));
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
  Reactor(IngestService* service, grpc::CallbackServerContext* call)
      : service_(service),
        call_(call),
        session_(std::make_shared<PushSession>(&service->context_, static_cast<PushSink*>(this),
                                               PeerAddress(call->peer()))) {}

  void Start() {
    absl::Status status = service_->sessions_.Add(session_);
    if (!status.ok()) return Finish(status);
    admitted_ = true;
    session_->Start();
  }

  void OnReadDone(bool ok) override {
    if (!ok) return call_->IsCancelled() ? session_->OnCancelled() : session_->OnReadEnd();
    SharedBytes bytes = TakeBytes(incoming_);
    incoming_.Clear();
    session_->OnMessage(std::move(bytes));
  }
  void OnWriteDone(bool ok) override { session_->OnWritten(ok); }
  void OnCancel() override { session_->OnCancelled(); }
  void OnDone() override {
    if (admitted_) service_->sessions_.Remove(session_);
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
  grpc::CallbackServerContext* const call_;
  const std::shared_ptr<PushSession> session_;
  bool admitted_ = false;
  grpc::ByteBuffer incoming_;
  grpc::ByteBuffer outgoing_;
};

IngestService::IngestService(const IngestContext& context)
    : context_(context),
      sessions_("streams of agents", "limits.streams", context.limits.streams, &context.metrics->agent_streams,
                context.clock) {}

grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* IngestService::Push(grpc::CallbackServerContext* call) {
  auto* reactor = new Reactor(this, call);
  reactor->Start();
  return reactor;
}

bool IngestService::Stop(absl::Duration timeout) {
  for (const auto& session : sessions_.Close()) session->Stop();
  return sessions_.WaitUntilEmpty(timeout);
}

}  // namespace sluice::collector
