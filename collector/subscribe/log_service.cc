#include "collector/subscribe/log_service.h"

#include <utility>

#include "base/status.h"
#include "base/strings.h"
#include "collector/subscribe/catalog.h"
#include "collector/subscribe/response_buffer.h"
#include "collector/subscribe/subscription_hub.h"
#include "grpcpp/support/byte_buffer.h"

namespace sluice::collector {
namespace {

grpc::Status ToGrpc(const absl::Status& status) {
  // The codes have the same numbers.
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), std::string(MessageOf(status)));
}

absl::StatusOr<v1::SubscribeRequest> ParseRequest(const grpc::ByteBuffer& buffer) {
  grpc::Slice bytes;
  v1::SubscribeRequest request;
  if (!buffer.DumpToSingleSlice(&bytes).ok() ||
      !request.ParseFromArray(bytes.begin(), static_cast<int>(bytes.size()))) {
    return InvalidArgument("SubscribeRequest is malformed or has text that is not UTF-8");
  }
  return request;
}

}  // namespace

// Hands over to its subscriber. Deletes itself when gRPC is done with it.
class LogService::Reactor final : public grpc::ServerWriteReactor<grpc::ByteBuffer>, private SubscribeSink {
 public:
  explicit Reactor(LogService* service)
      : service_(service),
        subscriber_(std::make_shared<Subscriber>(&service->options_.context, static_cast<SubscribeSink*>(this))) {}

  void Start(const grpc::ByteBuffer& bytes, std::string peer) {
    absl::StatusOr<v1::SubscribeRequest> request = ParseRequest(bytes);
    absl::Status status = request.ok() ? service_->subscribers_.Add(subscriber_) : request.status();
    if (!status.ok()) return ServerWriteReactor::Finish(ToGrpc(status));
    admitted_ = true;
    subscriber_->Start(*std::move(request), std::move(peer));
  }

  void OnWriteDone(bool ok) override {
    outgoing_.Clear();
    subscriber_->OnWritten(ok);
  }
  void OnCancel() override { subscriber_->End(absl::CancelledError("the client went away")); }
  void OnDone() override {
    if (admitted_) {
      service_->options_.context.hub->Remove(subscriber_);
      service_->subscribers_.Remove(subscriber_);
      subscriber_->Leave();
    }
    delete this;
  }

 private:
  void Write(const ResponseBytes& response) override {
    outgoing_ = ToByteBuffer(response);
    StartWrite(&outgoing_);
  }
  void Finish(const absl::Status& status) override { ServerWriteReactor::Finish(ToGrpc(status)); }

  LogService* const service_;
  const std::shared_ptr<Subscriber> subscriber_;
  bool admitted_ = false;
  grpc::ByteBuffer outgoing_;
};

LogService::LogService(Options options)
    : options_(std::move(options)),
      subscribers_("subscriptions", "limits.subscribers", options_.subscribers_max,
                   /*gauge=*/nullptr, options_.context.clock) {}

grpc::ServerWriteReactor<grpc::ByteBuffer>* LogService::Subscribe(grpc::CallbackServerContext* call,
                                                                  const grpc::ByteBuffer* request) {
  auto* reactor = new Reactor(this);
  reactor->Start(*request, call->peer());
  return reactor;
}

grpc::ServerUnaryReactor* LogService::ListTopics(grpc::CallbackServerContext* call,
                                                 const v1::ListTopicsRequest* request,
                                                 v1::ListTopicsResponse* response) {
  grpc::ServerUnaryReactor* reactor = call->DefaultReactor();
  options_.context.executor->Run([this, reactor, request, response] {
    absl::StatusOr<v1::ListTopicsResponse> topics = collector::ListTopics(*request, options_.context.log);
    const grpc::Status status = ToGrpc(topics.status());
    if (topics.ok()) *response = *std::move(topics);
    reactor->Finish(status);
  });
  return reactor;
}

grpc::ServerUnaryReactor* LogService::ListAgents(grpc::CallbackServerContext* call,
                                                 const v1::ListAgentsRequest* request,
                                                 v1::ListAgentsResponse* response) {
  grpc::ServerUnaryReactor* reactor = call->DefaultReactor();
  options_.context.executor->Run([this, reactor, request, response] {
    *response = collector::ListAgents(*request, options_.connected_agents(request->files()), options_.context.log);
    reactor->Finish(grpc::Status::OK);
  });
  return reactor;
}

grpc::ServerUnaryReactor* LogService::Acknowledge(grpc::CallbackServerContext* call,
                                                  const v1::AcknowledgeRequest* request, v1::AcknowledgeResponse*) {
  grpc::ServerUnaryReactor* reactor = call->DefaultReactor();
  if (options_.context.groups == nullptr) {
    reactor->Finish(grpc::Status(grpc::StatusCode::UNIMPLEMENTED, "this collector's log has no consumer groups"));
    return reactor;
  }
  options_.context.groups->Acknowledge(*request,
                                       [reactor](const absl::Status& status) { reactor->Finish(ToGrpc(status)); });
  return reactor;
}

grpc::ServerUnaryReactor* LogService::ListGroups(grpc::CallbackServerContext* call, const v1::ListGroupsRequest*,
                                                 v1::ListGroupsResponse* response) {
  grpc::ServerUnaryReactor* reactor = call->DefaultReactor();
  options_.context.executor->Run([this, reactor, response] {
    if (options_.context.groups != nullptr) *response = options_.context.groups->List();
    reactor->Finish(grpc::Status::OK);
  });
  return reactor;
}

bool LogService::Stop(absl::Duration timeout) {
  for (const auto& subscriber : subscribers_.Close()) {
    subscriber->End(Unavailable("the collector is stopping; subscribe again from the last cursor"));
  }
  return subscribers_.WaitUntilEmpty(timeout);
}

}  // namespace sluice::collector
