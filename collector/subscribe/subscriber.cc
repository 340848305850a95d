#include "collector/subscribe/subscriber.h"

#include <utility>

#include "base/status.h"
#include "base/strings.h"
#include "collector/subscribe/start.h"
#include "collector/subscribe/subscription_hub.h"

namespace sluice::collector {
namespace {

std::string_view OmissionName(Omission::Reason reason) {
  return reason == Omission::Reason::kRetention ? "retention" : "corruption";
}

}  // namespace

void Subscriber::Start(v1::SubscribeRequest request, std::string peer) {
  context_->executor->Run([self = shared_from_this(), request = std::move(request), peer = std::move(peer)]() mutable {
    self->Open(request, std::move(peer));
  });
}

absl::StatusOr<std::unique_ptr<MessageSource>> Subscriber::MakeSource(const v1::SubscribeRequest& request,
                                                                      std::string peer) {
  SLUICE_ASSIGN_OR_RETURN(Filter filter, Filter::Compile(request));
  filter_ = std::make_shared<const Filter>(std::move(filter));
  if (!request.group().empty()) {
    if (context_->groups == nullptr) {
      return absl::UnimplementedError(
          "group: this collector's log has no consumer groups; subscribe without one, and "
          "keep the cursor of the last message to go on from it");
    }
    return context_->groups->Join(request, filter_, std::move(peer), [weak = weak_from_this()] {
      if (const auto self = weak.lock(); self != nullptr && self->Wake()) self->Pump();
    });
  }
  SLUICE_ASSIGN_OR_RETURN(const Position start, ResolveStart(request, context_->log));
  return std::make_unique<Subscription>(
      Subscription::Request{.filter = filter_, .start = start, .follow = request.follow(), .limit = request.limit()},
      context_->limits, context_->log, context_->clock);
}

void Subscriber::Open(const v1::SubscribeRequest& request, std::string peer) {
  absl::StatusOr<std::unique_ptr<MessageSource>> source = MakeSource(request, std::move(peer));
  if (!source.ok()) {
    MutexLock lock(&mutex_);
    return Finish(source.status());
  }
  source_ = *std::move(source);
  // Before the first read: what is appended after it wakes.
  if (request.follow()) context_->hub->Add(shared_from_this());
  {
    MutexLock lock(&mutex_);
    counted_ = true;
    context_->metrics->subscribers.Increment();
  }
  Pump();
}

void Subscriber::Leave() {
  MutexLock lock(&mutex_);
  if (std::exchange(counted_, false)) context_->metrics->subscribers.Decrement();
}

void Subscriber::Pump() {
  while (PumpOnce()) {
  }
}

bool Subscriber::PumpOnce() {
  {
    MutexLock lock(&mutex_);
    wake_ = false;
    if (end_.has_value()) {
      Finish(*end_);
      return false;
    }
  }
  MessageSource::Message message;
  absl::StatusOr<MessageSource::Step> step = source_->Advance(&message);
  MutexLock lock(&mutex_);
  if (end_.has_value() || !step.ok()) {
    Finish(end_.has_value() ? *end_ : step.status());
    return false;
  }
  switch (*step) {
    case MessageSource::Step::kSend:
      Write(message);
      return false;
    case MessageSource::Step::kYield:
      context_->executor->Run([self = shared_from_this()] { self->Pump(); });
      return false;
    case MessageSource::Step::kWait:
      if (wake_) return true;
      progress_due_ = source_->progress_due();
      state_ = State::kParked;
      return false;
    case MessageSource::Step::kEnd:
      Finish(absl::OkStatus());
      return false;
  }
  return false;
}

void Subscriber::Write(const MessageSource::Message& message) {
  state_ = State::kWriting;
  context_->metrics->records_sent.Increment(static_cast<double>(message.records));
  context_->metrics->bytes_sent.Increment(static_cast<double>(message.response.size()));
  if (message.omission != Omission::Reason::kNone) {
    context_->metrics->CountOmitted(OmissionName(message.omission), message.records_omitted);
  }
  sink_->Write(message.response);
}

void Subscriber::OnWritten(bool ok) {
  MutexLock lock(&mutex_);
  if (state_ != State::kWriting) return;
  if (!ok || end_.has_value()) return Finish(end_.value_or(absl::CancelledError("the connection broke")));
  state_ = State::kRunning;
  context_->executor->Run([self = shared_from_this()] { self->Pump(); });
}

void Subscriber::End(const absl::Status& status) {
  MutexLock lock(&mutex_);
  if (!end_.has_value()) end_ = status;
  if (state_ == State::kParked) Finish(*end_);
}

bool Subscriber::Wake() {
  MutexLock lock(&mutex_);
  wake_ = true;
  if (state_ != State::kParked) return false;
  state_ = State::kRunning;
  return true;
}

bool Subscriber::Tick(bool moved) {
  {
    MutexLock lock(&mutex_);
    if (!moved && !progress_due_) return false;
  }
  return Wake();
}

void Subscriber::Finish(const absl::Status& status) {
  if (std::exchange(state_, State::kEnded) == State::kEnded) return;
  sink_->Finish(status);
  source_.reset();
}

}  // namespace sluice::collector
