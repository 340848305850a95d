#include "consumer/client/acknowledger.h"

#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/time/clock.h"
#include "base/mutex.h"
#include "grpcpp/client_context.h"
#include "sluice/v1/log_service.grpc.pb.h"

namespace sluice::client {

// What holds the channel (the stub, and the context of a call) is destroyed by the owner, never on one of gRPC's
// threads: the last reference to a channel ends these threads, and one would wait for itself.
class Acknowledger::Calls {
 public:
  Calls(std::shared_ptr<grpc::Channel> channel, std::string group, std::string member, absl::Duration timeout)
      : stub_(std::move(channel)), group_(std::move(group)), member_(std::move(member)), timeout_(timeout) {}

  void Acknowledge(const std::string& cursor) {
    MutexLock lock(&mutex_);
    next_ = cursor;
    if (!calling_) Call();
  }

  ~Calls() {
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
    call_ = std::make_unique<OneCall>();
    call_->context.set_deadline(absl::ToChronoTime(absl::Now() + timeout_));
    call_->request.set_group(group_);
    call_->request.set_member(member_);
    call_->request.set_cursor(std::exchange(next_, {}));
    stub_.async()->Acknowledge(&call_->context, &call_->request, &call_->response,
                               [this](const grpc::Status&) { OnDone(); });
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
  std::unique_ptr<OneCall> call_ ABSL_GUARDED_BY(mutex_);  // the last one
};

Acknowledger::Acknowledger(std::shared_ptr<grpc::Channel> channel, std::string group, std::string member,
                           absl::Duration timeout)
    : calls_(std::make_unique<Calls>(std::move(channel), std::move(group), std::move(member), timeout)) {}

Acknowledger::~Acknowledger() = default;

void Acknowledger::Acknowledge(const std::string& cursor) { calls_->Acknowledge(cursor); }

}  // namespace sluice::client
