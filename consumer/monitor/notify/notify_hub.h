// Tells all channels of alerts, but of those that are silenced.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "consumer/monitor/notify/notify_channel.h"
#include "consumer/monitor/notify/notify_options.h"
#include "consumer/monitor/notify/silences.h"
#include "consumer/monitor/stage.h"
#include "prometheus/counter.h"
#include "prometheus/registry.h"

namespace sluice::monitor {

// Thread-safe.
//
// An alert that begins while it is silenced is kept back, up to kHeldMax of them: it is told when the silence ends and
// it still fires. If it ends before, nobody is told of either. Whoever was told that it fires is told that it ended,
// silence or not.
class NotifyHub final : public Notifier {
 public:
  static constexpr size_t kHeldMax = 10'000;

  // `registry` and `clock` outlive the hub.
  NotifyHub(const NotifyOptions& options, prometheus::Registry* registry, const Clock* clock);
  ~NotifyHub() override;  // Stops

  void Notify(const Alert& alert, std::function<void()> done) override;
  // After a restart, before the first Notify: these fire, and were told. For repetition.
  void Resume(const std::vector<Alert>& firing);
  // The configuration has changed. A channel that is as before goes on as it is; what waits for one that is another one
  // now, under the same name, the new one tells; what waits for one that there is no more is dropped. `firing`: as for
  // Resume, for the new ones.
  void Configure(const NotifyOptions& options, const std::vector<Alert>& firing);
  // Ends what is being sent, and joins. What is not told is left.
  void Stop();

  // Tells what is silenced no more; the hub's own thread does so each second. For tests.
  void ReleaseHeld();

 private:
  using Identity = std::tuple<std::string, Alert::Group, absl::Time>;
  struct Held {
    Alert alert;
    std::function<void()> done;
  };

  struct Channel {
    ChannelConfig config;
    std::unique_ptr<NotifyChannel> channel;
  };
  using Channels = std::map<std::string, Channel>;  // by name

  void Run();
  Channels TakeUnchanged(const NotifyOptions& options) ABSL_EXCLUSIVE_LOCKS_REQUIRED(channels_mutex_);
  void Tell(const Alert& alert, std::function<void()> done);

  prometheus::Registry* const registry_;
  const Clock* const clock_;
  prometheus::Counter* const silenced_;
  // Held while an alert is handed to the channels, which takes no time, so that none is handed to one that is replaced.
  // `done` may be called meanwhile; it must not call the hub.
  Mutex channels_mutex_;
  Channels channels_ ABSL_GUARDED_BY(channels_mutex_);
  Mutex mutex_;
  CondVar changed_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  Silences silences_ ABSL_GUARDED_BY(mutex_);
  std::map<Identity, Held> held_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace sluice::monitor
