#include "consumer/monitor/notify/notify_channel.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/metrics.h"
#include "base/strings.h"

namespace sluice::monitor {
namespace {

// What another side asks us to wait is believed up to here.
constexpr absl::Duration kRetryAfterMax = absl::Minutes(5);

prometheus::Counter* NewResult(prometheus::Registry* registry, const std::string& channel, const char* result) {
  return &NewCounter(registry, "sluice_monitor_notifications_total",
                     "Alerts by channel and by what became of their notification.",
                     {{"channel", channel}, {"result", result}});
}

}  // namespace

NotifyChannel::NotifyChannel(ChannelOptions options, std::unique_ptr<Sender> sender, prometheus::Registry* registry,
                             const Clock* clock)
    : options_(std::move(options)),
      sender_(std::move(sender)),
      clock_(clock),
      sent_(NewResult(registry, options_.name, "sent")),
      failed_(NewResult(registry, options_.name, "failed")),
      dropped_(NewResult(registry, options_.name, "dropped")),
      retries_(&NewCounter(registry, "sluice_monitor_notification_retries_total",
                           "Tries to notify that failed and were made again, by channel.",
                           {{"channel", options_.name}})),
      queued_(&NewGauge(registry, "sluice_monitor_notifications_waiting",
                        "Alerts whose notification waits, by channel.", {{"channel", options_.name}})),
      thread_([this] { Run(); }) {}

NotifyChannel::~NotifyChannel() { Stop(); }

void NotifyChannel::Stop() {
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
    changed_.SignalAll();
  }
  cancellation_.Cancel();
  if (thread_.joinable()) thread_.join();
}

bool NotifyChannel::Wants(const Alert& alert) const {
  return (options_.send_resolved || alert.state == Alert::State::kFiring) && alert.severity >= options_.min_severity &&
         options_.match.Matches(alert);
}

std::string NotifyChannel::GroupOf(const Alert& alert) const {
  std::string group;
  for (const std::string& name : options_.group_by) group.append(AlertValue(alert, name)).push_back('\0');
  return group;
}

void NotifyChannel::Offer(const Alert& alert, std::function<void()> done) {
  bool say = false;
  {
    MutexLock lock(&mutex_);
    // Also one that is not told any more ends.
    if (alert.state == Alert::State::kResolved) firing_.erase({alert.rule, alert.group, alert.starts_at});
    if (Wants(alert)) {
      if (queue_.size() < options_.queue_max) {
        queue_.push_back({.alert = alert, .done = std::move(done), .since = clock_->MonotonicNanos()});
        queued_->Set(static_cast<double>(queue_.size()));
        changed_.SignalAll();
        return;
      }
      dropped_->Increment();
      say = !std::exchange(drops_said_, true);
    }
  }
  if (say) {
    log::Error("notify", "alerts are dropped: too many wait",
               {{"channel", options_.name}, {"queue", options_.queue_max}, {"rule", alert.rule}});
  }
  done();
}

void NotifyChannel::Resume(const Alert& alert) {
  if (options_.repeat_interval == absl::ZeroDuration() || !Wants(alert)) return;
  MutexLock lock(&mutex_);
  if (firing_.size() >= kFiringMax) return;
  // Nobody knows how long ago that was: it is sent again soon.
  const int64_t sent_at = clock_->MonotonicNanos() - absl::ToInt64Nanoseconds(options_.repeat_interval);
  firing_[{alert.rule, alert.group, alert.starts_at}] = {.alert = alert, .sent_at = sent_at};
  changed_.SignalAll();
}

void NotifyChannel::Run() {
  while (true) {
    std::vector<Waiting> waiting = Take();
    if (waiting.empty()) return;
    std::vector<Alert> alerts;
    alerts.reserve(waiting.size());
    for (const Waiting& item : waiting) alerts.push_back(item.alert);
    if (!Send(alerts)) return PutBack(std::move(waiting));
    for (const Waiting& item : waiting) {
      if (item.done != nullptr) item.done();
    }
  }
}

void NotifyChannel::PutBack(std::vector<Waiting> waiting) {
  MutexLock lock(&mutex_);
  for (auto item = waiting.rbegin(); item != waiting.rend(); ++item) {
    if (item->done != nullptr) queue_.push_front(std::move(*item));
  }
}

void NotifyChannel::HandOver(NotifyChannel* next) {
  std::deque<Waiting> left;
  {
    MutexLock lock(&mutex_);
    left.swap(queue_);
    queued_->Set(0);
  }
  if (next == nullptr && !left.empty()) {
    dropped_->Increment(static_cast<double>(left.size()));
    log::Warn("notify", "a channel is not configured any more; what waited for it is not told",
              {{"channel", options_.name}, {"alerts", left.size()}});
  }
  for (Waiting& item : left) {
    if (next != nullptr) {
      next->Offer(item.alert, std::move(item.done));
    } else {
      item.done();
    }
  }
}

absl::Duration NotifyChannel::UntilNext(int64_t now) const {
  absl::Duration next = absl::InfiniteDuration();
  if (!queue_.empty()) next = options_.group_wait - absl::Nanoseconds(now - queue_.front().since);
  for (const auto& [identity, firing] : firing_) {
    next = std::min(next, options_.repeat_interval - absl::Nanoseconds(now - firing.sent_at));
  }
  return next;
}

std::vector<NotifyChannel::Waiting> NotifyChannel::Take() {
  MutexLock lock(&mutex_);
  while (!stopping_) {
    const int64_t now = clock_->MonotonicNanos();
    if (!queue_.empty() && absl::Nanoseconds(now - queue_.front().since) >= options_.group_wait) return TakeGroup();
    if (std::vector<Waiting> repeats = TakeRepeats(now); !repeats.empty()) return repeats;
    if (const absl::Duration wait = UntilNext(now); wait == absl::InfiniteDuration()) {
      changed_.Wait(&mutex_);
    } else {
      changed_.WaitWithTimeout(&mutex_, std::max(wait, absl::Milliseconds(1)));
    }
  }
  return {};
}

std::vector<NotifyChannel::Waiting> NotifyChannel::TakeGroup() {
  const std::string group = GroupOf(queue_.front().alert);
  std::vector<Waiting> together;
  for (auto at = queue_.begin(); at != queue_.end() && together.size() < kTogetherMax;) {
    if (GroupOf(at->alert) == group) {
      together.push_back(std::move(*at));
      at = queue_.erase(at);
    } else {
      ++at;
    }
  }
  if (queue_.size() < options_.queue_max / 2) drops_said_ = false;
  queued_->Set(static_cast<double>(queue_.size()));
  return together;
}

std::vector<NotifyChannel::Waiting> NotifyChannel::TakeRepeats(int64_t now) {
  std::vector<Waiting> together;
  std::string group;
  for (auto& [identity, firing] : firing_) {
    if (absl::Nanoseconds(now - firing.sent_at) < options_.repeat_interval) continue;
    if (together.empty()) group = GroupOf(firing.alert);
    if (GroupOf(firing.alert) != group || together.size() >= kTogetherMax) continue;
    firing.sent_at = now;
    together.push_back({.alert = firing.alert, .done = nullptr, .since = now});
  }
  return together;
}

void NotifyChannel::Remember(const std::vector<Alert>& alerts) {
  if (options_.repeat_interval == absl::ZeroDuration()) return;
  MutexLock lock(&mutex_);
  const int64_t now = clock_->MonotonicNanos();
  for (const Alert& alert : alerts) {
    const Identity identity = {alert.rule, alert.group, alert.starts_at};
    // What has ended meanwhile stands in the queue.
    const bool ends = std::ranges::any_of(queue_, [&](const Waiting& other) {
      return other.alert.state == Alert::State::kResolved &&
             Identity(other.alert.rule, other.alert.group, other.alert.starts_at) == identity;
    });
    if (alert.state == Alert::State::kResolved || ends) {
      firing_.erase(identity);
    } else if (firing_.size() < kFiringMax || firing_.contains(identity)) {
      firing_[identity] = {.alert = alert, .sent_at = now};
    }
  }
}

bool NotifyChannel::Send(const std::vector<Alert>& alerts) {
  Backoff backoff(options_.retry_min, options_.retry_max);
  const int64_t begin = clock_->MonotonicNanos();
  bool said = false;
  while (true) {
    const SendResult result = sender_->Send(alerts, absl::FromUnixNanos(clock_->UnixNanos()), &cancellation_);
    if (cancellation_.cancelled() && !result.status.ok()) return false;
    if (result.status.ok()) {
      sent_->Increment(static_cast<double>(alerts.size()));
      if (said) log::Info("notify", "notifications go out again", {{"channel", options_.name}});
      Remember(alerts);
      return true;
    }
    const absl::Duration spent = absl::Nanoseconds(clock_->MonotonicNanos() - begin);
    if (!absl::IsUnavailable(result.status) || spent >= options_.retry_for) {
      failed_->Increment(static_cast<double>(alerts.size()));
      log::Error("notify", "gave up a notification",
                 {{"channel", options_.name},
                  {"rule", alerts.front().rule},
                  {"alerts", alerts.size()},
                  {"error", result.status}});
      return true;
    }
    if (!std::exchange(said, true)) {
      log::Warn("notify", "a notification failed; trying again",
                {{"channel", options_.name}, {"error", result.status}});
    }
    retries_->Increment();
    if (!WaitToRetry(std::max(backoff.Next(), std::min(result.retry_after, kRetryAfterMax)))) return false;
  }
}

bool NotifyChannel::WaitToRetry(absl::Duration duration) {
  const int64_t until = clock_->MonotonicNanos() + absl::ToInt64Nanoseconds(duration);
  MutexLock lock(&mutex_);
  while (!stopping_) {
    const int64_t left = until - clock_->MonotonicNanos();
    if (left <= 0) return true;
    changed_.WaitWithTimeout(&mutex_, absl::Nanoseconds(left));
  }
  return false;
}

}  // namespace sluice::monitor
