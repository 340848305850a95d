// A subscription and its stream: who may run when, without gRPC.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "collector/log/event_log.h"
#include "collector/subscribe/groups.h"
#include "collector/subscribe/response_bytes.h"
#include "collector/subscribe/subscription.h"
#include "collector/support/collector_metrics.h"
#include "collector/support/executor.h"

namespace sluice::collector {

class SubscriptionHub;

// What all subscribers share; nothing is owned.
struct SubscribeContext {
  EventLog* log = nullptr;
  Executor* executor = nullptr;
  SubscriptionHub* hub = nullptr;
  Groups* groups = nullptr;  // null: this log has no consumer groups
  CollectorMetrics* metrics = nullptr;
  const Clock* clock = nullptr;
  SubscriptionLimits limits;
};

// How a subscriber acts on its stream. The calls only start something and never call back; they are made under the
// subscriber's lock, one Write at a time, and none after Finish.
class SubscribeSink {
 public:
  virtual ~SubscribeSink() = default;
  virtual void Write(const ResponseBytes& response) = 0;
  virtual void Finish(const absl::Status& status) = 0;
};

// Pulls: reads on when its last message was written, on a thread of the executor, and is parked at the end of the log
// until the hub wakes it. So it holds one message and one read, however slow its client is. Thread-safe.
class Subscriber final : public std::enable_shared_from_this<Subscriber> {
 public:
  // `context` outlives it; `sink` lives until Finish was called.
  Subscriber(const SubscribeContext* context, SubscribeSink* sink) : context_(context), sink_(sink) {}

  // Checks the request and begins; both on the executor. `peer`: who it is for, for people.
  void Start(v1::SubscribeRequest request, std::string peer = "");
  void OnWritten(bool ok);
  // Ends the stream with `status`, at once or when the message under way is written.
  void End(const absl::Status& status);

  // For the hub, which knows only subscribers that have begun.
  bool MatchesTopic(std::string_view topic) const { return filter_->MatchesTopic(topic); }
  // There may be more to read, or, `tick`, a second has passed (and the log has `moved`, or not). True if the caller
  // has to run Pump on the executor.
  bool Wake();
  bool Tick(bool moved);
  void Pump();
  // Nothing is called any more.
  void Leave();

 private:
  // kRunning: a task of the executor runs it or is about to. kWriting: a message is under way.
  enum class State { kRunning, kWriting, kParked, kEnded };

  void Open(const v1::SubscribeRequest& request, std::string peer);
  absl::StatusOr<std::unique_ptr<MessageSource>> MakeSource(const v1::SubscribeRequest& request, std::string peer);
  // One step. True if another one can follow at once.
  bool PumpOnce();
  void Write(const MessageSource::Message& message) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Finish(const absl::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const SubscribeContext* const context_;
  // Written once before the hub knows of this.
  std::shared_ptr<const Filter> filter_;

  Mutex mutex_;
  SubscribeSink* const sink_ ABSL_PT_GUARDED_BY(mutex_);
  State state_ ABSL_GUARDED_BY(mutex_) = State::kRunning;
  // Used without the lock by whoever runs in kRunning.
  std::unique_ptr<MessageSource> source_;
  // Something was appended since the last step began.
  bool wake_ ABSL_GUARDED_BY(mutex_) = false;
  bool progress_due_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<absl::Status> end_ ABSL_GUARDED_BY(mutex_);
  // Stands in the metric: what is appended from now on is for this one, too.
  bool counted_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace sluice::collector
