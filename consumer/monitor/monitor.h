// The monitor: reads the log of a collector, looks for what its rules say, publishes what it finds. docs/monitor.md.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/http_server.h"
#include "base/mutex.h"
#include "base/waker.h"
#include "consumer/client/client.h"
#include "consumer/monitor/access/access_stage.h"
#include "consumer/monitor/critical_stage.h"
#include "consumer/monitor/heartbeat/heartbeat_stage.h"
#include "consumer/monitor/monitor_metrics.h"
#include "consumer/monitor/monitor_options.h"
#include "consumer/monitor/notify/notify_hub.h"
#include "consumer/monitor/pipeline.h"
#include "consumer/monitor/rules/rules_stage.h"
#include "consumer/monitor/state/state_store.h"
#include "consumer/monitor/uplink.h"
#include "prometheus/registry.h"

namespace sluice::monitor {

// Threads: the loop, which owns the parts, the state and the findings; the reader, which reads the subscription and
// hands each event to the loop; one that asks for the agents now and then. Start and Stop by the owner; Reload by
// anyone.
class Monitor {
 public:
  // Opens the state. `clock` outlives the monitor.
  static absl::StatusOr<std::unique_ptr<Monitor>> Create(MonitorOptions options, MonitorFlags flags,
                                                         const Clock* clock);
  ~Monitor();  // Stops

  absl::Status Start();
  // Commits, ends all threads. Idempotent.
  void Stop();
  // Reads the configuration again, soon. It also does when the file has changed.
  void Reload();
  // Becomes readable when the monitor has ended by itself; then status() says why.
  int ended_descriptor() const { return ended_.descriptor(); }
  absl::Status status();

 private:
  Monitor(MonitorOptions options, MonitorFlags flags, const Clock* clock);
  absl::Status Open();

  void ReadLoop();
  void AgentsLoop();
  void Loop();
  // Waits for an event, a call of Wake or the next step of time; false when it is to stop.
  bool Await();
  void TakeEvent(const client::Event& event);
  void Tick();
  absl::Status MaybeCommit(bool now);
  void LookAtTurn();
  void SendAndTell();
  void TakeDone();
  void TakeAgents();
  void LookAtConfig();
  void TakeUp(MonitorOptions options);
  std::vector<Alert> Firing() const;
  void Fail(absl::Status status);
  absl::Time Now() const { return absl::FromUnixNanos(clock_->UnixNanos()); }

  const MonitorFlags flags_;
  const Clock* const clock_;
  MonitorOptions options_;
  prometheus::Registry registry_;
  MonitorMetrics metrics_;

  // The loop's.
  std::unique_ptr<StateStore> store_;
  RulesStage rules_;
  HeartbeatStage heartbeats_;
  CriticalStage critical_;
  std::unique_ptr<AccessStage> access_;
  std::unique_ptr<Pipeline> pipeline_;
  std::unique_ptr<client::Client> client_;
  std::unique_ptr<Uplink> uplink_;
  std::unique_ptr<NotifyHub> notifiers_;
  bool caught_up_ = false;
  uint64_t turn_ = 0;  // the uplink's, as last seen, and its losses
  uint64_t losses_ = 0;
  int64_t turn_since_nanos_ = 0;  // monotonic, as all that follow
  int64_t last_tick_nanos_ = 0;
  int64_t last_commit_nanos_ = 0;
  int64_t last_config_look_nanos_ = 0;
  uint64_t config_hash_ = 0;  // of the file that was read last

  std::unique_ptr<client::Subscription> subscription_;  // the reader's
  std::unique_ptr<HttpServer> http_;
  Waker ended_;
  std::atomic<bool> ready_ = false;

  Mutex mutex_;
  CondVar changed_;
  const client::Event* event_ ABSL_GUARDED_BY(mutex_) = nullptr;  // handed to the loop, which takes it away when done
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool woken_ ABSL_GUARDED_BY(mutex_) = false;
  bool reload_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
  std::vector<OutboxNumber> done_ ABSL_GUARDED_BY(mutex_);
  std::vector<AgentSeen> agents_ ABSL_GUARDED_BY(mutex_);

  std::thread loop_;
  std::thread reader_;
  std::thread agents_reader_;
};

}  // namespace sluice::monitor
