#include "consumer/client/acknowledger.h"

#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/time/clock.h"
#include "base/mutex.h"
#include "grpcpp/client_context.h"
#include "sluice/v1/log_service.grpc.pb.h"

namespace sluice::client {

class Acknowledger::Calls : public std::enable_shared_from_this<Acknowledger::Calls> {
 public:
  Calls(std::shared_ptr<grpc::Channel> channel, std::string group, std::string member, absl::Duration timeout)
      : stub_(std::move(channel)), group_(std::move(group)), member_(std::move(member)), timeout_(timeout) {}

  void Acknowledge(const std::string& cursor) {
    MutexLock lock(&mutex_);
    next_ = cursor;
    if (!calling_) Call();
  }

  void Finish() {
    MutexLock lock(&mutex_);
    while (calling_) idle_.Wait(&mutex_);
  }

 private:
  struct OneCall {
    grpc::ClientContext context;
    v1::AcknowledgeRequest request;
    v1::AcknowledgeResponse response;
  };

  void Call() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    calling_ = true;
    auto call = std::make_shared<OneCall>();
    call->context.set_deadline(absl::ToChronoTime(absl::Now() + timeout_));
    call->request.set_group(group_);
    call->request.set_member(member_);
    call->request.set_cursor(std::exchange(next_, {}));
    stub_.async()->Acknowledge(&call->context, &call->request, &call->response,
                               [self = shared_from_this(), call](const grpc::Status&) { self->OnDone(); });
  }

  void OnDone() {
    MutexLock lock(&mutex_);
    calling_ = false;
    if (!next_.empty()) return Call();
    idle_.SignalAll();
  }

  v1::LogService::Stub stub_;
  const std::string group_;
  const std::string member_;
  const absl::Duration timeout_;

  Mutex mutex_;
  CondVar idle_;
  bool calling_ ABSL_GUARDED_BY(mutex_) = false;
  std::string next_ ABSL_GUARDED_BY(mutex_);
};

Acknowledger::Acknowledger(std::shared_ptr<grpc::Channel> channel, std::string group, std::string member,
                           absl::Duration timeout)
    : calls_(std::make_shared<Calls>(std::move(channel), std::move(group), std::move(member), timeout)) {}

Acknowledger::~Acknowledger() { calls_->Finish(); }

void Acknowledger::Acknowledge(const std::string& cursor) { calls_->Acknowledge(cursor); }

}  // namespace sluice::client
