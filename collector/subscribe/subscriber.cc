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

void Subscriber::Start(v1::SubscribeRequest request) {
  context_->executor->Run([self = shared_from_this(), request = std::move(request)] { self->Open(request); });
}

void Subscriber::Open(const v1::SubscribeRequest& request) {
  absl::StatusOr<Filter> filter = Filter::Compile(request);
  absl::StatusOr<Position> start =
      filter.ok() ? ResolveStart(request, context_->log) : absl::StatusOr<Position>(filter.status());
  if (!start.ok()) {
    MutexLock lock(&mutex_);
    return Finish(start.status());
  }
  filter_ = std::make_shared<const Filter>(*std::move(filter));
  subscription_ =
      std::make_unique<Subscription>(Subscription::Request{filter_, *start, request.follow(), request.limit()},
                                     context_->limits, context_->log, context_->clock);
  // Before the first read: what is appended after it wakes.
  if (request.follow()) context_->hub->Add(shared_from_this());
  Pump();
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
  Subscription::Message message;
  absl::StatusOr<Subscription::Step> step = subscription_->Advance(&message);
  MutexLock lock(&mutex_);
  if (end_.has_value() || !step.ok()) {
    Finish(end_.has_value() ? *end_ : step.status());
    return false;
  }
  switch (*step) {
    case Subscription::Step::kSend:
      Write(message);
      return false;
    case Subscription::Step::kYield:
      context_->executor->Run([self = shared_from_this()] { self->Pump(); });
      return false;
    case Subscription::Step::kWait:
      if (wake_) return true;
      progress_due_ = subscription_->progress_due();
      state_ = State::kParked;
      return false;
    case Subscription::Step::kEnd:
      Finish(absl::OkStatus());
      return false;
  }
  return false;
}

void Subscriber::Write(const Subscription::Message& message) {
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
  subscription_.reset();
}

}  // namespace sluice::collector
