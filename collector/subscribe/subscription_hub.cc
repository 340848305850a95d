#include "collector/subscribe/subscription_hub.h"

#include <algorithm>
#include <utility>

#include "absl/time/time.h"
#include "base/strings.h"

namespace sluice::collector {

SubscriptionHub::SubscriptionHub(EventLog* log, Executor* executor) : log_(log), executor_(executor) {
  listener_ = log_->AddListener([this](const std::vector<StoredBatch>& batches) { OnAppend(batches); });
  ScheduleTick();
}

SubscriptionHub::~SubscriptionHub() { Stop(); }

void SubscriptionHub::Add(std::shared_ptr<Subscriber> subscriber) {
  MutexLock lock(&subscribers_mutex_);
  subscribers_.insert(std::move(subscriber));
  subscriber_count_ = subscribers_.size();
}

void SubscriptionHub::Remove(const std::shared_ptr<Subscriber>& subscriber) {
  MutexLock lock(&subscribers_mutex_);
  subscribers_.erase(subscriber);
  subscriber_count_ = subscribers_.size();
}

void SubscriptionHub::Stop() {
  Executor::TimerId timer;
  {
    MutexLock lock(&grown_mutex_);
    if (std::exchange(stopped_, true)) return;
    timer = tick_timer_;
  }
  log_->RemoveListener(listener_);
  executor_->Cancel(timer);
}

void SubscriptionHub::OnAppend(const std::vector<StoredBatch>& batches) {
  if (subscriber_count_ == 0) return;
  MutexLock lock(&grown_mutex_);
  moved_ = true;
  std::string_view last;
  for (const StoredBatch& batch : batches) {
    if (batch.view.topic == last) continue;
    last = batch.view.topic;
    if (!grown_topics_.contains(ToAbsl(last))) grown_topics_.emplace(last);
  }
  if (std::exchange(dispatch_scheduled_, true)) return;
  executor_->Run([this] { Dispatch(); });
}

void SubscriptionHub::Dispatch() {
  absl::flat_hash_set<std::string> grown;
  {
    MutexLock lock(&grown_mutex_);
    dispatch_scheduled_ = false;
    grown.swap(grown_topics_);
  }
  std::vector<Executor::Task> woken;
  {
    MutexLock lock(&subscribers_mutex_);
    for (const auto& subscriber : subscribers_) {
      const bool matches = std::any_of(grown.begin(), grown.end(),
                                       [&](const std::string& topic) { return subscriber->MatchesTopic(topic); });
      if (matches && subscriber->Wake()) woken.push_back([subscriber] { subscriber->Pump(); });
    }
  }
  executor_->RunAll(std::move(woken));
}

void SubscriptionHub::ScheduleTick() {
  MutexLock lock(&grown_mutex_);
  if (stopped_) return;
  tick_timer_ = executor_->RunAfter(absl::Nanoseconds(Subscription::kProgressIntervalNanos), [this] { Tick(); });
}

void SubscriptionHub::Tick() {
  bool moved;
  {
    MutexLock lock(&grown_mutex_);
    moved = std::exchange(moved_, false);
  }
  std::vector<Executor::Task> woken;
  {
    MutexLock lock(&subscribers_mutex_);
    for (const auto& subscriber : subscribers_) {
      if (subscriber->Tick(moved)) woken.push_back([subscriber] { subscriber->Pump(); });
    }
  }
  executor_->RunAll(std::move(woken));
  ScheduleTick();
}

}  // namespace sluice::collector
