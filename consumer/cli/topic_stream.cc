#include "consumer/cli/topic_stream.h"

#include <utility>

namespace sluice::cli {

TopicStream::TopicStream(client::Client* client, std::string topic, StateHandler on_state, absl::Duration give_up_after)
    : client_(client), topic_(std::move(topic)), on_state_(std::move(on_state)), give_up_after_(give_up_after) {}

absl::Status TopicStream::Read(client::Start start, const Handler& handler) {
  return Run({.topics = {topic_}, .start = std::move(start), .give_up_after = give_up_after_}, handler);
}

absl::Status TopicStream::Follow(const Handler& handler) {
  client::Start start = cursor_.empty() ? client::Start::Beginning() : client::Start::After(cursor_);
  return Run({.topics = {topic_}, .start = std::move(start), .follow = true}, handler);
}

void TopicStream::Cancel() {
  MutexLock lock(&mutex_);
  cancelled_ = true;
  if (current_ != nullptr) current_->Cancel();
}

absl::Status TopicStream::Run(client::SubscribeOptions options, const Handler& handler) {
  if (on_state_ != nullptr) options.on_state = on_state_;
  const std::unique_ptr<client::Subscription> subscription = client_->Subscribe(std::move(options));
  {
    MutexLock lock(&mutex_);
    if (cancelled_) return absl::OkStatus();
    current_ = subscription.get();
  }
  bool ended = false;
  while (const client::Event* event = ended ? nullptr : subscription->Next()) {
    if (const client::Batch* batch = event->batch(); batch != nullptr) {
      for (const client::RecordView& record : batch->records()) {
        if (ended = !handler(record); ended) break;
      }
    }
  }
  {
    MutexLock lock(&mutex_);
    current_ = nullptr;
  }
  if (!subscription->cursor().empty()) cursor_ = subscription->cursor();
  return absl::IsCancelled(subscription->status()) ? absl::OkStatus() : subscription->status();
}

}  // namespace sluice::cli
