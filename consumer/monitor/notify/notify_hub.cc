#include "consumer/monitor/notify/notify_hub.h"

#include <atomic>
#include <utility>

#include "base/log.h"
#include "base/metrics.h"
#include "consumer/monitor/notify/http_senders.h"
#include "consumer/monitor/notify/local_senders.h"

namespace sluice::monitor {
namespace {

constexpr absl::Duration kLookInterval = absl::Seconds(1);

std::unique_ptr<Sender> NewSender(const ChannelConfig& config) {
  switch (config.kind) {
    case ChannelKind::kWebhook:
      return NewWebhook(config.http, config.secret);
    case ChannelKind::kAlertmanager:
      return NewAlertmanager(config.http, AlertmanagerExpiry(config));
    case ChannelKind::kCommand:
      return NewCommandSender(config.command, config.timeout);
    case ChannelKind::kSound:
      return NewSoundSender(config.sound_file, config.timeout);
    case ChannelKind::kStderr:
      break;
  }
  return NewStderrSender();
}

}  // namespace

NotifyHub::NotifyHub(const NotifyOptions& options, prometheus::Registry* registry, const Clock* clock)
    : registry_(registry),
      clock_(clock),
      silenced_(&NewCounter(registry, "sluice_monitor_notifications_silenced_total",
                            "Alerts that began while they were silenced.")),
      silences_(options.silences) {
  Configure(options, {});
  thread_ = std::thread([this] { Run(); });
}

NotifyHub::~NotifyHub() { Stop(); }

void NotifyHub::Stop() {
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
    changed_.SignalAll();
  }
  if (thread_.joinable()) thread_.join();
  MutexLock lock(&channels_mutex_);
  for (const auto& [name, channel] : channels_) channel.channel->Stop();
}

void NotifyHub::Run() {
  while (true) {
    {
      MutexLock lock(&mutex_);
      if (!stopping_) changed_.WaitWithTimeout(&mutex_, kLookInterval);
      if (stopping_) return;
    }
    ReleaseHeld();
  }
}

void NotifyHub::Tell(const Alert& alert, std::function<void()> done) {
  MutexLock lock(&channels_mutex_);
  // The last one that is done with it says so.
  auto left = std::make_shared<std::atomic<size_t>>(channels_.size() + 1);
  auto one_done = [left, done = std::move(done)] {
    if (left->fetch_sub(1) == 1) done();
  };
  for (const auto& [name, channel] : channels_) channel.channel->Offer(alert, one_done);
  one_done();
}

void NotifyHub::Notify(const Alert& alert, std::function<void()> done) {
  const Identity identity = {alert.rule, alert.group, alert.starts_at};
  std::function<void()> held_done;
  {
    MutexLock lock(&mutex_);
    const auto held = held_.find(identity);
    if (alert.state == Alert::State::kResolved && held != held_.end()) {
      held_done = std::move(held->second.done);
      held_.erase(held);
    } else if (alert.state == Alert::State::kFiring &&
               silences_.Holds(alert, absl::FromUnixNanos(clock_->UnixNanos()))) {
      silenced_->Increment();
      if (held_.size() < kHeldMax) {
        held_[identity] = {.alert = alert, .done = std::move(done)};
        return;
      }
      held_done = [] {};
      log::Warn("notify", "too many alerts are silenced to tell of this one later", {{"rule", alert.rule}});
    }
  }
  if (held_done == nullptr) return Tell(alert, std::move(done));
  held_done();
  done();
}

void NotifyHub::ReleaseHeld() {
  std::vector<Held> released;
  {
    MutexLock lock(&mutex_);
    const absl::Time now = absl::FromUnixNanos(clock_->UnixNanos());
    for (auto at = held_.begin(); at != held_.end();) {
      if (silences_.Holds(at->second.alert, now)) {
        ++at;
      } else {
        released.push_back(std::move(at->second));
        at = held_.erase(at);
      }
    }
  }
  for (Held& held : released) Tell(held.alert, std::move(held.done));
}

NotifyHub::Channels NotifyHub::TakeUnchanged(const NotifyOptions& options) {
  Channels unchanged;
  for (const ChannelConfig& config : options.channels) {
    const auto before = channels_.find(config.channel.name);
    if (before != channels_.end() && before->second.config == config) unchanged.insert(channels_.extract(before));
  }
  return unchanged;
}

void NotifyHub::Configure(const NotifyOptions& options, const std::vector<Alert>& firing) {
  {
    MutexLock lock(&channels_mutex_);
    Channels next = TakeUnchanged(options);
    // Of the same name there is one at a time: they share their metrics.
    for (const auto& [name, channel] : channels_) channel.channel->Stop();
    for (const ChannelConfig& config : options.channels) {
      Channel& channel = next[config.channel.name];
      if (channel.channel != nullptr) continue;
      channel = {config, std::make_unique<NotifyChannel>(config.channel, NewSender(config), registry_, clock_)};
      for (const Alert& alert : firing) channel.channel->Resume(alert);
    }
    for (const auto& [name, channel] : channels_) {
      const auto successor = next.find(name);
      channel.channel->HandOver(successor == next.end() ? nullptr : successor->second.channel.get());
    }
    channels_ = std::move(next);
  }
  {
    MutexLock lock(&mutex_);
    silences_ = options.silences;
  }
  ReleaseHeld();
}

void NotifyHub::Resume(const std::vector<Alert>& firing) {
  MutexLock lock(&channels_mutex_);
  for (const Alert& alert : firing) {
    for (const auto& [name, channel] : channels_) channel.channel->Resume(alert);
  }
}

}  // namespace sluice::monitor
