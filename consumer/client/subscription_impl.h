// The inside of a Subscription: one stream after another.
#pragma once

#include <memory>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/backoff.h"
#include "base/mutex.h"
#include "consumer/client/acknowledger.h"
#include "consumer/client/channel.h"
#include "consumer/client/repeats.h"
#include "consumer/client/resume.h"
#include "consumer/client/subscribe_stream.h"
#include "consumer/client/subscription.h"

namespace sluice::client {

// Threads as Subscription.
class Subscription::Impl {
 public:
  Impl(std::shared_ptr<ChannelSource> channels, SubscribeOptions options);
  ~Impl();

  const Event* Next();
  void Acknowledge();
  bool Ready();
  const absl::Status& status() const { return status_; }
  const std::string& cursor() const { return resume_.cursor(); }
  void Cancel();

 private:
  void OpenStream();
  void CloseStream();
  // Fills event_; false if that ended the subscription.
  bool Deliver(std::string_view message);
  // The present stream came to its end: over, or once more.
  void OnStreamEnd();
  // Waits before the next try, or ends.
  void Retry(const absl::Status& reason);
  void End(absl::Status status);
  void Tell(ConnectionState state) const;

  bool IsCancelled();
  // False if it was cancelled meanwhile.
  bool Sleep(absl::Duration duration);
  // How long there has been no connection.
  absl::Duration Disconnected() const;

  const std::shared_ptr<ChannelSource> channels_;
  const SubscribeOptions options_;

  // Of the reading thread.
  Resume resume_;
  Repeats repeats_;
  Backoff backoff_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<SubscribeStream> stream_;
  std::unique_ptr<Acknowledger> acknowledger_;  // of the present stream; null without a group
  bool delivered_ = false;                      // the last event, and it is not acknowledged
  int64_t stream_begin_nanos_ = 0;
  bool connected_ = false;           // the present stream has delivered something
  int64_t disconnected_nanos_ = -1;  // monotonic; since when there is no connection
  Event event_;
  bool ended_ = false;
  absl::Status status_;

  Mutex mutex_;
  CondVar cancel_cond_;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  SubscribeStream* active_ ABSL_GUARDED_BY(mutex_) = nullptr;  // stream_, for Cancel
};

}  // namespace sluice::client
