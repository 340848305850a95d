#include "collector/server.h"

#include <utility>

#include "base/clock.h"
#include "base/log.h"
#include "base/status.h"
#include "collector/log/kafka/kafka_log.h"
#include "collector/log/rocksdb/rocksdb_log.h"

namespace sluice::collector {
namespace {

constexpr int kIngestThreads = 2;
constexpr int kSubscribeThreads = 4;
constexpr absl::Duration kObserveInterval = absl::Seconds(1);
// How long a stop waits for agents' batches and acks; for subscribers to take their last message; and for what is left
// of calls.
constexpr absl::Duration kIngestGrace = absl::Seconds(5);
constexpr absl::Duration kSubscribeGrace = absl::Seconds(1);
constexpr absl::Duration kCallGrace = absl::Seconds(1);

}  // namespace

Server::Server(const CollectorOptions& options)
    : options_(options),
      metrics_(&registry_),
      ingest_executor_(kIngestThreads),
      subscribe_executor_(kSubscribeThreads),
      sessions_(options.ingest.agents, SystemClock(), &metrics_),
      budget_(options.ingest.pending_bytes) {}

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const CollectorOptions& options,
                                                      const std::function<bool()>& wait) {
  std::unique_ptr<Server> server(new Server(options));
  absl::Status opened = server->OpenLog();
  if (absl::IsResourceExhausted(opened)) opened = server->AwaitRoom(opened, wait);
  SLUICE_RETURN_IF_ERROR(opened);
  SLUICE_RETURN_IF_ERROR(server->Open());
  SLUICE_RETURN_IF_ERROR(server->Listen());
  // Reading works whatever the disk does.
  server->grpc_->SetServing(v1::LogService::service_full_name(), true);
  server->Observe();
  log::Info("collector", "listening",
            {{"grpc", HostPort{options.grpc_address.host, server->grpc_port()}.ToString()},
             {"http", HostPort{options.http_address.host, server->http_port()}.ToString()},
             {"data_dir", options.log.data_dir}});
  return server;
}

Server::~Server() { Stop(); }

absl::Status Server::OpenLog() {
  if (options_.engine == CollectorOptions::Engine::kKafka) {
    SLUICE_ASSIGN_OR_RETURN(log_, KafkaLog::Open(options_.kafka, &registry_));
  } else {
    SLUICE_ASSIGN_OR_RETURN(log_, RocksDbLog::Open(options_.log, SystemClock()));
  }
  return absl::OkStatus();
}

absl::Status Server::AwaitRoom(absl::Status full, const std::function<bool()>& wait) {
  log::Warn("collector", "waiting for room on the disk to open the log; agents wait meanwhile", {{"reason", full}});
  SLUICE_ASSIGN_OR_RETURN(
      const std::unique_ptr<HttpServer> waiting,
      HttpServer::Start({.address = options_.http_address, .registry = &registry_, .ready = [full] { return full; }}));
  absl::Status opened = std::move(full);
  while (absl::IsResourceExhausted(opened) && wait()) opened = OpenLog();
  return opened;
}

absl::Status Server::Open() {
  hub_ = std::make_unique<SubscriptionHub>(log_.get(), &subscribe_executor_);
  if (log_->group_store() != nullptr) {
    SLUICE_ASSIGN_OR_RETURN(groups_, GroupCoordinator::Open(options_.groups, {.log = log_.get(),
                                                                              .executor = &subscribe_executor_,
                                                                              .metrics = &metrics_,
                                                                              .clock = SystemClock(),
                                                                              .limits = {}}));
  }
  if (Router::Needed(options_.routing)) {
    SLUICE_ASSIGN_OR_RETURN(Router router, Router::Compile(options_.routing));
    router_ = std::make_unique<const Router>(std::move(router));
  }
  ingest_ = std::make_unique<IngestService>(IngestContext{.log = log_.get(),
                                                          .router = router_.get(),
                                                          .dead_letters = options_.routing.dead_letters,
                                                          .sessions = &sessions_,
                                                          .budget = &budget_,
                                                          .executor = &ingest_executor_,
                                                          .metrics = &metrics_,
                                                          .clock = SystemClock(),
                                                          .limits = options_.ingest});
  log_service_ = std::make_unique<LogService>(
      LogService::Options{.context = {.log = log_.get(),
                                      .executor = &subscribe_executor_,
                                      .hub = hub_.get(),
                                      .groups = groups_.get(),
                                      .metrics = &metrics_,
                                      .clock = SystemClock(),
                                      .limits = {}},
                          .subscribers_max = options_.subscribers_max,
                          .connected_agents = [this](bool files) { return sessions_.List(files); }});
  return options_.direct.enabled ? OpenDirect() : absl::OkStatus();
}

absl::Status Server::OpenDirect() {
  SLUICE_ASSIGN_OR_RETURN(direct_, DirectLog::Open({.log = log_.get(),
                                                    .router = router_.get(),
                                                    .budget = &budget_,
                                                    .metrics = &metrics_,
                                                    .clock = SystemClock()}));
  SLUICE_ASSIGN_OR_RETURN(const DirectTopic topic, DirectTopic::Compile(options_.direct.topic));
  direct_http_ = std::make_unique<DirectHttp>(options_.direct, topic, direct_.get(), &metrics_, SystemClock());
  otlp_ = std::make_unique<OtlpService>(options_.direct, options_.ingest.message_bytes, topic, direct_.get(), &metrics_,
                                        SystemClock());
  return absl::OkStatus();
}

absl::Status Server::Listen() {
  HttpServer::Options http{
      .address = options_.http_address, .registry = &registry_, .ready = [this] { return Ready(); }};
  std::vector<grpc::Service*> services = {ingest_.get(), log_service_.get()};
  if (direct_ != nullptr) {
    http.posts = direct_http_->Posts();
    http.posts_max = options_.direct.requests;
    services.push_back(otlp_.get());
  }
  SLUICE_ASSIGN_OR_RETURN(http_, HttpServer::Start(std::move(http)));
  SLUICE_ASSIGN_OR_RETURN(grpc_, GrpcServer::Start({.address = options_.grpc_address,
                                                    .tls = options_.tls,
                                                    .message_bytes_max = options_.ingest.message_bytes,
                                                    .services = std::move(services)}));
  return absl::OkStatus();
}

absl::Status Server::Ready() {
  {
    MutexLock lock(&mutex_);
    if (stopping_) return Unavailable("the collector is stopping");
  }
  return log_->Health();
}

void Server::Observe() {
  const bool healthy = log_->Health().ok();
  grpc_->SetServing("", healthy);
  grpc_->SetServing(v1::IngestService::service_full_name(), healthy);
  metrics_.log_healthy.Set(healthy ? 1 : 0);
  uint64_t bytes = 0;
  const std::vector<TopicInfo> topics = log_->Topics();
  for (const TopicInfo& topic : topics) bytes += topic.bytes;
  metrics_.topics.Set(static_cast<double>(topics.size()));
  metrics_.log_bytes.Set(static_cast<double>(bytes));
  metrics_.publishers.Set(static_cast<double>(sessions_.Publishers()));
  ScheduleObserve();
}

void Server::ScheduleObserve() {
  MutexLock lock(&mutex_);
  if (!stopping_) observe_timer_ = subscribe_executor_.RunAfter(kObserveInterval, [this] { Observe(); });
}

void Server::Stop() {
  {
    MutexLock lock(&mutex_);
    if (std::exchange(stopping_, true)) return;
    subscribe_executor_.Cancel(observe_timer_);
  }
  if (grpc_ != nullptr) log::Info("collector", "stopping");
  // With a full disk there is nothing to wait for.
  const absl::Duration grace = log_ != nullptr && log_->Health().ok() ? kIngestGrace : absl::ZeroDuration();
  if (ingest_ != nullptr && !ingest_->Stop(grace)) {
    log::Warn("collector", "some batches were not stored in time; their agents send them again");
  }
  // What still waits for a full disk is refused now; nothing of it was acknowledged.
  if (log_ != nullptr) log_->Stop();
  if (hub_ != nullptr) hub_->Stop();
  if (log_service_ != nullptr) log_service_->Stop(kSubscribeGrace);
  if (grpc_ != nullptr) grpc_->Stop(kCallGrace);
  if (groups_ != nullptr) groups_->Stop();
  if (http_ != nullptr) http_->Stop();
  ingest_executor_.Stop();
  subscribe_executor_.Stop();
  if (grpc_ != nullptr) log::Info("collector", "stopped");
}

}  // namespace sluice::collector
