#include "consumer/client/client.h"

#include <thread>
#include <utility>

#include "base/mutex.h"
#include "base/status.h"
#include "consumer/client/channel.h"
#include "consumer/client/publisher_impl.h"
#include "consumer/client/subscription_impl.h"
#include "grpcpp/client_context.h"
#include "sluice/v1/log_service.grpc.pb.h"

namespace sluice::client {

class Listener::Impl {
 public:
  Impl(std::unique_ptr<Subscription> subscription, Handler handler)
      : subscription_(std::move(subscription)), thread_([this, handler = std::move(handler)] { Run(handler); }) {}

  ~Impl() {
    subscription_->Cancel();
    thread_.join();
  }

  absl::Status Wait() {
    MutexLock lock(&mutex_);
    while (!ended_) end_cond_.Wait(&mutex_);
    return status_;
  }

  void Cancel() { subscription_->Cancel(); }

 private:
  void Run(const Handler& handler) {
    bool stopped = false;
    while (const Event* event = subscription_->Next()) {
      if (!handler(*event)) {
        stopped = true;
        break;
      }
    }
    MutexLock lock(&mutex_);
    ended_ = true;
    if (!stopped) status_ = subscription_->status();
    end_cond_.SignalAll();
  }

  const std::unique_ptr<Subscription> subscription_;
  Mutex mutex_;
  CondVar end_cond_;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;  // last: it uses the others
};

Listener::Listener(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Listener::~Listener() = default;
absl::Status Listener::Wait() { return impl_->Wait(); }
void Listener::Cancel() { impl_->Cancel(); }

class Client::Impl {
 public:
  explicit Impl(std::shared_ptr<ChannelSource> channels) : channels_(std::move(channels)) {}

  std::unique_ptr<Subscription::Impl> Subscribe(SubscribeOptions options) {
    return std::make_unique<Subscription::Impl>(channels_, std::move(options));
  }

  absl::StatusOr<std::unique_ptr<Publisher::Impl>> NewPublisher(PublisherOptions options) {
    return Publisher::Impl::Create(channels_, std::move(options));
  }

  // One call of `method`, a member of the stub.
  template <typename Request, typename Response>
  absl::StatusOr<Response> Call(grpc::Status (v1::LogService::Stub::*method)(grpc::ClientContext*, const Request&,
                                                                             Response*),
                                const Request& request) {
    std::shared_ptr<grpc::Channel> channel = channels_->Get();
    v1::LogService::Stub stub(channel);
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + channels_->options().call_timeout));
    Response response;
    grpc::Status status = (stub.*method)(&context, request, &response);
    if (status.ok()) return response;
    if (!IsPermanent(ToAbslStatus(status))) channels_->Discard(channel);
    return Annotate(ToAbslStatus(status), StrCat("collector ", channels_->options().address));
  }

 private:
  const std::shared_ptr<ChannelSource> channels_;
};

Client::Client(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Client::~Client() = default;

absl::StatusOr<std::unique_ptr<Client>> Client::Create(ClientOptions options) {
  SLUICE_ASSIGN_OR_RETURN(auto channels, ChannelSource::Create(options));
  return std::unique_ptr<Client>(new Client(std::make_unique<Impl>(std::move(channels))));
}

std::unique_ptr<Subscription> Client::Subscribe(SubscribeOptions options) {
  return std::unique_ptr<Subscription>(new Subscription(impl_->Subscribe(std::move(options))));
}

std::unique_ptr<Listener> Client::Listen(SubscribeOptions options, Listener::Handler handler) {
  return std::unique_ptr<Listener>(
      new Listener(std::make_unique<Listener::Impl>(Subscribe(std::move(options)), std::move(handler))));
}

absl::StatusOr<std::vector<v1::Topic>> Client::ListTopics(const std::vector<std::string>& globs) {
  v1::ListTopicsRequest request;
  request.mutable_topics()->Add(globs.begin(), globs.end());
  SLUICE_ASSIGN_OR_RETURN(v1::ListTopicsResponse response, impl_->Call(&v1::LogService::Stub::ListTopics, request));
  return std::vector<v1::Topic>(std::make_move_iterator(response.mutable_topics()->begin()),
                                std::make_move_iterator(response.mutable_topics()->end()));
}

absl::StatusOr<std::vector<v1::Agent>> Client::ListAgents(bool files, bool publishers) {
  v1::ListAgentsRequest request;
  request.set_files(files);
  request.set_publishers(publishers);
  SLUICE_ASSIGN_OR_RETURN(v1::ListAgentsResponse response, impl_->Call(&v1::LogService::Stub::ListAgents, request));
  return std::vector<v1::Agent>(std::make_move_iterator(response.mutable_agents()->begin()),
                                std::make_move_iterator(response.mutable_agents()->end()));
}

absl::StatusOr<std::vector<v1::Group>> Client::ListGroups() {
  SLUICE_ASSIGN_OR_RETURN(v1::ListGroupsResponse response,
                          impl_->Call(&v1::LogService::Stub::ListGroups, v1::ListGroupsRequest()));
  return std::vector<v1::Group>(std::make_move_iterator(response.mutable_groups()->begin()),
                                std::make_move_iterator(response.mutable_groups()->end()));
}

absl::StatusOr<std::unique_ptr<Publisher>> Client::NewPublisher(PublisherOptions options) {
  SLUICE_ASSIGN_OR_RETURN(auto publisher, impl_->NewPublisher(std::move(options)));
  return std::unique_ptr<Publisher>(new Publisher(std::move(publisher)));
}

}  // namespace sluice::client
