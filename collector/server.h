// A collector: everything wired.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/http_server.h"
#include "base/mutex.h"
#include "collector/direct/direct_http.h"
#include "collector/direct/direct_log.h"
#include "collector/direct/otlp_service.h"
#include "collector/grpc_server.h"
#include "collector/ingest/agent_sessions.h"
#include "collector/ingest/ingest_budget.h"
#include "collector/ingest/ingest_service.h"
#include "collector/log/event_log.h"
#include "collector/options.h"
#include "collector/route/router.h"
#include "collector/subscribe/groups/group_coordinator.h"
#include "collector/subscribe/log_service.h"
#include "collector/subscribe/subscription_hub.h"
#include "collector/support/collector_metrics.h"
#include "collector/support/executor.h"
#include "prometheus/registry.h"

namespace sluice::collector {

// Serves from Start to Stop. Thread-safe.
class Server {
 public:
  // Opens the log and listens; errors say what to do. Logs one line `listening` with the ports that it really has. With
  // a disk that is too full to open the log, HTTP says so while `wait`, which takes its time, returns true; then it is
  // tried again.
  static absl::StatusOr<std::unique_ptr<Server>> Start(
      const CollectorOptions& options, const std::function<bool()>& wait = [] { return false; });
  ~Server();  // Stops

  uint16_t grpc_port() const { return grpc_->port(); }
  uint16_t http_port() const { return http_->port(); }
  EventLog* log() { return log_.get(); }
  prometheus::Registry* registry() { return &registry_; }

  // Takes no streams any more, finishes and acknowledges what was taken, writes everything. Takes some seconds at the
  // most, whatever clients do. Idempotent.
  void Stop();

 private:
  explicit Server(const CollectorOptions& options);
  absl::Status OpenLog();
  absl::Status AwaitRoom(absl::Status full, const std::function<bool()>& wait);
  absl::Status Open();
  absl::Status OpenDirect();
  absl::Status Listen();
  absl::Status Ready();
  // Each second: what is not counted where it happens.
  void Observe();
  void ScheduleObserve();

  const CollectorOptions options_;
  prometheus::Registry registry_;
  CollectorMetrics metrics_;
  // Acks and handshakes; and subscriptions, which may wait for the disk. Stopped before all that they work for.
  Executor ingest_executor_;
  Executor subscribe_executor_;

  std::unique_ptr<EventLog> log_;
  std::unique_ptr<const Router> router_;  // null: no routes
  AgentSessions sessions_;
  IngestBudget budget_;
  std::unique_ptr<SubscriptionHub> hub_;
  std::unique_ptr<GroupCoordinator> groups_;
  std::unique_ptr<IngestService> ingest_;
  std::unique_ptr<LogService> log_service_;
  // Null unless services may send directly.
  std::unique_ptr<DirectLog> direct_;
  std::unique_ptr<DirectHttp> direct_http_;
  std::unique_ptr<OtlpService> otlp_;
  std::unique_ptr<HttpServer> http_;
  std::unique_ptr<GrpcServer> grpc_;

  Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  Executor::TimerId observe_timer_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace sluice::collector
