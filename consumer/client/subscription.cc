#include "consumer/client/subscription.h"

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "base/status.h"
#include "consumer/client/subscription_impl.h"

namespace sluice::client {
namespace {

// A try to connect gets at least this long, however little patience is left.
constexpr absl::Duration kTryMin = absl::Milliseconds(100);

}  // namespace

Subscription::Impl::Impl(std::shared_ptr<ChannelSource> channels, SubscribeOptions options)
    : channels_(std::move(channels)),
      options_(std::move(options)),
      resume_(options_),
      backoff_(channels_->options().retry_min, channels_->options().retry_max) {}

Subscription::Impl::~Impl() { CloseStream(); }

void Subscription::Impl::Acknowledge() {
  if (!std::exchange(delivered_, false) || acknowledger_ == nullptr) return;
  acknowledger_->Acknowledge(event_.cursor_);
}

const Event* Subscription::Impl::Next() {
  Acknowledge();
  while (!ended_) {
    if (resume_.complete()) {
      End(absl::OkStatus());
    } else if (IsCancelled()) {
      End(absl::CancelledError("the subscription was cancelled"));
    } else if (stream_ == nullptr) {
      OpenStream();
    } else if (std::optional<std::string_view> message = stream_->Read(); !message.has_value()) {
      OnStreamEnd();
    } else if (Deliver(*message)) {
      delivered_ = true;
      return &event_;
    }
  }
  return nullptr;
}

bool Subscription::Impl::Ready() {
  return ended_ || resume_.complete() || (stream_ != nullptr && stream_->HasMessage());
}

void Subscription::Impl::Cancel() {
  MutexLock lock(&mutex_);
  cancelled_ = true;
  // Under the lock, so that the stream is still there; it only marks the call, and waits for nothing.
  if (active_ != nullptr) active_->Cancel();
  cancel_cond_.SignalAll();
}

void Subscription::Impl::OpenStream() {
  stream_begin_nanos_ = SystemClock()->MonotonicNanos();
  if (disconnected_nanos_ < 0) disconnected_nanos_ = stream_begin_nanos_;
  Tell({.kind = ConnectionState::Kind::kConnecting});
  channel_ = channels_->Get();
  stream_ = std::make_unique<SubscribeStream>(channel_, options_.deadline);
  connected_ = false;
  {
    MutexLock lock(&mutex_);
    active_ = stream_.get();
    if (cancelled_) active_->Cancel();
  }
  absl::Duration patience = std::max(options_.give_up_after - Disconnected(), kTryMin);
  if (!stream_->Start(resume_.NextRequest(), std::min(patience, channels_->options().connect_timeout))) OnStreamEnd();
}

void Subscription::Impl::CloseStream() {
  {
    MutexLock lock(&mutex_);
    active_ = nullptr;
  }
  // Before the stream: while it is open the collector knows the member.
  acknowledger_.reset();
  stream_.reset();
}

bool Subscription::Impl::Deliver(std::string_view message) {
  absl::StatusOr<Response> response = Response::Parse(message, resume_.min_time_unix_nano());
  absl::Status status = response.ok() ? resume_.Deliver(*response) : response.status();
  if (!status.ok()) {
    End(std::move(status));
    return false;
  }
  if (!connected_) {
    connected_ = true;
    disconnected_nanos_ = -1;
    backoff_.Reset();
    Tell({.kind = ConnectionState::Kind::kConnected});
  }
  event_.cursor_.assign(response->cursor);
  switch (response->kind) {
    case Response::Kind::kBatch:
      // A group is given again what it has not acknowledged.
      if (options_.group.empty()) repeats_.LeaveOut(response->cursor, &response->batch);
      event_.message_ = response->batch;
      // All of it may have been before the time that was asked for, or a repeat: nobody sees it.
      if (!response->batch.records().empty()) return true;
      if (acknowledger_ != nullptr) acknowledger_->Acknowledge(event_.cursor_);
      return false;
    case Response::Kind::kProgress:
      event_.message_ = std::move(response->progress);
      return true;
    case Response::Kind::kOmitted:
      event_.message_ = std::move(response->omitted);
      return true;
    case Response::Kind::kMembership:
      if (acknowledger_ == nullptr) {
        acknowledger_ = std::make_unique<Acknowledger>(channel_, options_.group, response->membership.member(),
                                                       channels_->options().call_timeout);
      }
      break;
    case Response::Kind::kOther:
      break;
  }
  return false;
}

void Subscription::Impl::OnStreamEnd() {
  delivered_ = false;
  absl::Status status = stream_->Finish();
  CloseStream();
  if (IsCancelled()) return;  // Next sees to it
  if (absl::Now() >= options_.deadline) {
    End(absl::DeadlineExceededError("the subscription's deadline has passed"));
  } else if (IsPermanent(status)) {
    End(std::move(status));
  } else if (!status.ok()) {
    Retry(status);
  } else if (Resume::StreamEnd end = resume_.OnStreamEnd(); end == Resume::StreamEnd::kDone) {
    End(absl::OkStatus());
  } else if (end == Resume::StreamEnd::kEarly) {
    Retry(Unavailable("the collector ended the stream"));
  }
}

void Subscription::Impl::Retry(const absl::Status& reason) {
  channels_->Discard(channel_);
  // A stream that lived was a connection, even if nothing came over it: who follows may have nothing to be sent.
  const bool lived = options_.follow && absl::Nanoseconds(SystemClock()->MonotonicNanos() - stream_begin_nanos_) >
                                            2 * channels_->options().connect_timeout;
  if (disconnected_nanos_ < 0 || lived) disconnected_nanos_ = SystemClock()->MonotonicNanos();
  absl::Duration patience = options_.give_up_after - Disconnected();
  if (patience <= absl::ZeroDuration()) {
    End(Unavailable("no connection for ", absl::FormatDuration(options_.give_up_after), ": ", reason.message()));
    return;
  }
  absl::Duration wait = std::min(backoff_.Next(), patience);
  Tell({.kind = ConnectionState::Kind::kLost, .reason = reason, .retry_in = wait});
  absl::Duration left = options_.deadline - absl::Now();
  if (Sleep(std::min(wait, left)) && wait >= left) {
    End(absl::DeadlineExceededError(ToAbsl(StrCat("the subscription's deadline has passed: ", reason.message()))));
  }
}

void Subscription::Impl::End(absl::Status status) {
  ended_ = true;
  CloseStream();
  status_ = Annotate(status, StrCat("collector ", channels_->options().address));
}

void Subscription::Impl::Tell(ConnectionState state) const {
  if (options_.on_state) options_.on_state(state);
}

bool Subscription::Impl::IsCancelled() {
  MutexLock lock(&mutex_);
  return cancelled_;
}

bool Subscription::Impl::Sleep(absl::Duration duration) {
  const absl::Time end = absl::Now() + duration;
  MutexLock lock(&mutex_);
  while (!cancelled_) {
    absl::Duration left = end - absl::Now();
    if (left <= absl::ZeroDuration()) return true;
    cancel_cond_.WaitWithTimeout(&mutex_, left);
  }
  return false;
}

absl::Duration Subscription::Impl::Disconnected() const {
  if (disconnected_nanos_ < 0) return absl::ZeroDuration();
  return absl::Nanoseconds(SystemClock()->MonotonicNanos() - disconnected_nanos_);
}

Subscription::Subscription(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Subscription::~Subscription() = default;

const Event* Subscription::Next() { return impl_->Next(); }
void Subscription::Acknowledge() { impl_->Acknowledge(); }
bool Subscription::Ready() { return impl_->Ready(); }
absl::Status Subscription::status() const { return impl_->status(); }
const std::string& Subscription::cursor() const { return impl_->cursor(); }
void Subscription::Cancel() { impl_->Cancel(); }

}  // namespace sluice::client
