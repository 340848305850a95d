// A channel: a bounded queue of alerts, and a thread that sends them, however long that takes.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "absl/time/time.h"
#include "base/backoff.h"
#include "base/cancellation.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "consumer/monitor/notify/alert_matcher.h"
#include "consumer/monitor/notify/sender.h"
#include "consumer/monitor/stage.h"
#include "prometheus/counter.h"
#include "prometheus/gauge.h"
#include "prometheus/registry.h"

namespace sluice::monitor {

struct ChannelOptions {
  std::string name = {};
  // Which alerts: all that match, of this severity or above.
  AlertMatcher match = {};
  v1::Severity min_severity = v1::SEVERITY_UNSPECIFIED;
  bool send_resolved = true;
  // Alerts that share these are sent together: "rule", "severity", names of groups and labels.
  std::vector<std::string> group_by = {"rule"};
  // How long an alert waits for others of its group.
  absl::Duration group_wait = absl::ZeroDuration();
  // An alert that goes on is sent again after this; zero: never.
  absl::Duration repeat_interval = absl::ZeroDuration();
  // Alerts that wait; those that come when it is full are dropped, counted and logged.
  size_t queue_max = 1000;
  // What could not be sent for this long is given up, counted and logged.
  absl::Duration retry_for = absl::Hours(1);
  absl::Duration retry_min = absl::Seconds(1);
  absl::Duration retry_max = absl::Minutes(1);

  friend bool operator==(const ChannelOptions&, const ChannelOptions&) = default;
};

// Thread-safe.
class NotifyChannel {
 public:
  // At most this many alerts are sent together.
  static constexpr size_t kTogetherMax = 64;
  // Alerts whose repetition is remembered.
  static constexpr size_t kFiringMax = 10'000;

  // `registry` and `clock` outlive the channel.
  NotifyChannel(ChannelOptions options, std::unique_ptr<Sender> sender, prometheus::Registry* registry,
                const Clock* clock);
  ~NotifyChannel();  // Stops

  // Never blocks. `done` is called once, when the alert is sent, given up, dropped or not for this channel; not after
  // Stop, if it is none of these by then.
  void Offer(const Alert& alert, std::function<void()> done);
  // It fires, and was sent before: for repetition.
  void Resume(const Alert& alert);
  // Ends what is being sent, and joins. What waits is left.
  void Stop();
  // After Stop: all that waits is to be told by `next`, which takes this one's place; without one it is dropped,
  // counted and logged.
  void HandOver(NotifyChannel* next);

 private:
  using Identity = std::tuple<std::string, Alert::Group, absl::Time>;
  struct Waiting {
    Alert alert;
    std::function<void()> done;
    int64_t since = 0;  // monotonic
  };
  struct Firing {
    Alert alert;
    int64_t sent_at = 0;  // monotonic
  };

  bool Wants(const Alert& alert) const;
  std::string GroupOf(const Alert& alert) const;
  void Run();
  // What was taken and could not be sent, without repetitions.
  void PutBack(std::vector<Waiting> waiting);
  // Waits for something to send; empty when it is to stop.
  std::vector<Waiting> Take();
  std::vector<Waiting> TakeGroup() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::vector<Waiting> TakeRepeats(int64_t now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Duration UntilNext(int64_t now) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // False when it was stopped meanwhile.
  bool Send(const std::vector<Alert>& alerts);
  bool WaitToRetry(absl::Duration duration);
  void Remember(const std::vector<Alert>& alerts);

  const ChannelOptions options_;
  const std::unique_ptr<Sender> sender_;
  const Clock* const clock_;
  prometheus::Counter* sent_;
  prometheus::Counter* failed_;
  prometheus::Counter* dropped_;
  prometheus::Counter* retries_;
  prometheus::Gauge* queued_;
  Cancellation cancellation_;
  Mutex mutex_;
  CondVar changed_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool drops_said_ ABSL_GUARDED_BY(mutex_) = false;
  std::deque<Waiting> queue_ ABSL_GUARDED_BY(mutex_);
  std::map<Identity, Firing> firing_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace sluice::monitor
