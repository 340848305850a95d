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
  // The configuration has changed.
  void SetSilences(Silences silences);
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

  void Run();
  void Tell(const Alert& alert, std::function<void()> done);

  const Clock* const clock_;
  prometheus::Counter* const silenced_;
  std::vector<std::unique_ptr<NotifyChannel>> channels_;
  Mutex mutex_;
  CondVar changed_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  Silences silences_ ABSL_GUARDED_BY(mutex_);
  std::map<Identity, Held> held_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace sluice::monitor
