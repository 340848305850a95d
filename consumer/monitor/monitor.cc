#include "consumer/monitor/monitor.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_join.h"
#include "base/address.h"
#include "base/file_system.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/status.h"
#include "base/strings.h"
#include "google/protobuf/timestamp.pb.h"

namespace sluice::monitor {
namespace {

constexpr int64_t kSecondNanos = 1'000'000'000;
constexpr absl::Duration kAwaitMax = absl::Milliseconds(100);
constexpr int64_t kCommitNanos = kSecondNanos;
// Findings are committed at once when there is nothing to read; else a few times a second.
constexpr int64_t kCommitFindingsNanos = kSecondNanos / 10;
// Who gets the stream reads on for this long: what the one before has published may still be under way.
constexpr int64_t kTurnSettleNanos = kSecondNanos;
constexpr absl::Duration kFlushMax = absl::Seconds(1);
constexpr absl::Duration kAgentsInterval = absl::Seconds(5);

constexpr size_t kConfigBytesMax = 1 << 20;

uint64_t HashOfFile(const std::string& path) {
  if (path.empty()) return 0;
  absl::StatusOr<std::string> content = HostFileSystem()->ReadFile(path, kConfigBytesMax);
  return content.ok() ? Xxh3(*content) : 0;
}

absl::Time FromProto(const google::protobuf::Timestamp& time) {
  return absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos());
}

}  // namespace

Monitor::Monitor(MonitorOptions options, MonitorFlags flags, const Clock* clock)
    : flags_(std::move(flags)),
      clock_(clock),
      options_(std::move(options)),
      metrics_(&registry_),
      rules_(options_.rules, options_.lateness),
      heartbeats_(options_.heartbeats),
      critical_(options_.critical) {}

absl::StatusOr<std::unique_ptr<Monitor>> Monitor::Create(MonitorOptions options, MonitorFlags flags,
                                                         const Clock* clock) {
  std::unique_ptr<Monitor> monitor(new Monitor(std::move(options), std::move(flags), clock));
  SLUICE_RETURN_IF_ERROR(monitor->Open());
  return monitor;
}

absl::Status Monitor::Open() {
  config_hash_ = HashOfFile(flags_.config);
  SLUICE_ASSIGN_OR_RETURN(store_, StateStore::Open(options_.state_dir));
  SLUICE_ASSIGN_OR_RETURN(access_, AccessStage::Create(options_.access, &registry_));
  std::vector<Stage*> stages = {&rules_, &heartbeats_, &critical_, access_.get()};
  pipeline_ = std::make_unique<Pipeline>(Pipeline::Options{.group = options_.group, .lateness = options_.lateness},
                                         std::move(stages), store_.get());
  SLUICE_RETURN_IF_ERROR(Annotate(pipeline_->Load(), StrCat("state directory ", options_.state_dir)));
  SLUICE_ASSIGN_OR_RETURN(client_, client::Client::Create(options_.client));
  return absl::OkStatus();
}

Monitor::~Monitor() { Stop(); }

absl::Status Monitor::Start() {
  SLUICE_ASSIGN_OR_RETURN(const HostPort address, ParseHostPort(options_.http_address));
  SLUICE_ASSIGN_OR_RETURN(http_, HttpServer::Start({.address = address, .registry = &registry_, .ready = [this] {
                                                      return ready_ ? absl::OkStatus()
                                                                    : Unavailable("not caught up with the log yet");
                                                    }}));
  client::SubscribeOptions subscribe;
  subscribe.topics = options_.topics;
  subscribe.start = pipeline_->cursor().empty() ? options_.start : client::Start::After(pipeline_->cursor());
  subscribe.follow = true;
  subscribe.on_state = [](const client::ConnectionState& state) {
    if (state.kind == client::ConnectionState::Kind::kLost) {
      log::Warn("monitor", "connection lost", {{"reason", state.reason}});
    }
  };
  subscription_ = client_->Subscribe(std::move(subscribe));
  uplink_ = std::make_unique<Uplink>(client_.get(), options_.group, [this] {
    MutexLock lock(&mutex_);
    woken_ = true;
    changed_.SignalAll();
  });
  notifiers_ = std::make_unique<NotifyHub>(options_.notify, &registry_, clock_);
  notifiers_->Resume(Firing());
  loop_ = std::thread([this] { Loop(); });
  reader_ = std::thread([this] { ReadLoop(); });
  agents_reader_ = std::thread([this] { AgentsLoop(); });
  log::Info("monitor", "started",
            {{"collector", options_.client.address},
             {"group", options_.group},
             {"rules", options_.rules.size()},
             {"http", HostPort{.host = address.host, .port = http_->port()}.ToString()}});
  return absl::OkStatus();
}

void Monitor::Stop() {
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
    changed_.SignalAll();
  }
  if (subscription_ != nullptr) subscription_->Cancel();
  for (std::thread* const thread : {&loop_, &reader_, &agents_reader_}) {
    if (thread->joinable()) thread->join();
  }
  uplink_.reset();
  if (http_ != nullptr) http_->Stop();
}

void Monitor::Reload() {
  MutexLock lock(&mutex_);
  reload_ = true;
  changed_.SignalAll();
}

absl::Status Monitor::status() {
  MutexLock lock(&mutex_);
  return status_;
}

void Monitor::Fail(absl::Status status) {
  log::Error("monitor", "cannot go on", {{"reason", status}});
  MutexLock lock(&mutex_);
  status_.Update(status);
  stopping_ = true;
  changed_.SignalAll();
  ended_.Wake();
}

void Monitor::ReadLoop() {
  while (const client::Event* event = subscription_->Next()) {
    MutexLock lock(&mutex_);
    event_ = event;
    changed_.SignalAll();
    while (event_ != nullptr && !stopping_) changed_.Wait(&mutex_);
    if (stopping_) break;
  }
  bool stopping;
  {
    MutexLock lock(&mutex_);
    stopping = stopping_;
  }
  if (!stopping) Fail(Annotate(subscription_->status(), "subscription"));
}

void Monitor::AgentsLoop() {
  while (true) {
    std::vector<AgentSeen> seen;
    if (absl::StatusOr<std::vector<v1::Agent>> agents = client_->ListAgents(); agents.ok()) {
      for (const v1::Agent& agent : *agents) {
        seen.push_back({.id = agent.id(),
                        .host = agent.host(),
                        .last_seen = agent.connected() ? Now() : FromProto(agent.last_seen())});
      }
    }
    MutexLock lock(&mutex_);
    agents_ = std::move(seen);
    const int64_t until = clock_->MonotonicNanos() + absl::ToInt64Nanoseconds(kAgentsInterval);
    while (!stopping_ && clock_->MonotonicNanos() < until) {
      changed_.WaitWithTimeout(&mutex_, absl::Nanoseconds(until - clock_->MonotonicNanos()));
    }
    if (stopping_) return;
  }
}

void Monitor::Loop() {
  while (Await()) {
    pipeline_->outbox()->SetTime(clock_->MonotonicNanos(), clock_->UnixNanos());
    const client::Event* event;
    {
      MutexLock lock(&mutex_);
      event = event_;
    }
    if (event != nullptr) {
      TakeEvent(*event);
      MutexLock lock(&mutex_);
      event_ = nullptr;
      changed_.SignalAll();
    }
    LookAtTurn();
    TakeDone();
    LookAtConfig();
    if (caught_up_ && clock_->MonotonicNanos() - last_tick_nanos_ >= kSecondNanos) Tick();
    if (const absl::Status status = MaybeCommit(/*now=*/false); !status.ok()) return Fail(status);
    SendAndTell();
  }
  notifiers_->Stop();
  TakeDone();
  if (const absl::Status last = MaybeCommit(/*now=*/true); !last.ok()) Fail(last);
}

bool Monitor::Await() {
  MutexLock lock(&mutex_);
  if (event_ == nullptr && !stopping_ && !woken_ && !reload_ && done_.empty()) {
    changed_.WaitWithTimeout(&mutex_, kAwaitMax);
  }
  woken_ = false;
  return !stopping_;
}

void Monitor::TakeEvent(const client::Event& event) {
  if (const client::Batch* batch = event.batch()) {
    pipeline_->TakeBatch(*batch, event.cursor(), Now());
    caught_up_ = false;
    return;
  }
  pipeline_->TakeCursor(event.cursor());
  if (const v1::Omitted* omitted = event.omitted()) {
    metrics_.omitted.Increment(static_cast<double>(omitted->records()));
    log::Warn("monitor", "records are missing",
              {{"topic", omitted->topic()}, {"records", omitted->records()}, {"reason", omitted->detail()}});
  } else if (event.progress() != nullptr) {
    caught_up_ = true;
    ready_ = true;
  }
}

void Monitor::Tick() {
  last_tick_nanos_ = clock_->MonotonicNanos();
  TakeAgents();
  pipeline_->Tick(Now());
  metrics_.Take(*pipeline_, *pipeline_->outbox());
  metrics_.Take(rules_);
  metrics_.Take(heartbeats_);
}

void Monitor::TakeAgents() {
  std::vector<AgentSeen> agents;
  {
    MutexLock lock(&mutex_);
    agents.swap(agents_);
  }
  heartbeats_.SeeAgents(agents, pipeline_->outbox());
}

absl::Status Monitor::MaybeCommit(bool now) {
  const int64_t since = clock_->MonotonicNanos() - last_commit_nanos_;
  const bool due = pipeline_->has_findings() ? caught_up_ || since >= kCommitFindingsNanos : since >= kCommitNanos;
  if (!due && !now) return absl::OkStatus();
  last_commit_nanos_ = clock_->MonotonicNanos();
  metrics_.caught_up.Set(caught_up_ ? 1 : 0);
  metrics_.commits.Increment();
  return pipeline_->WriteCommit();
}

void Monitor::LookAtTurn() {
  Outbox* const outbox = pipeline_->outbox();
  if (uplink_->losses() != losses_) outbox->ForgetSent();
  losses_ = uplink_->losses();
  if (const uint64_t turn = uplink_->turn(); turn != turn_) {
    turn_ = turn;
    turn_since_nanos_ = clock_->MonotonicNanos();
    if (outbox->active()) log::Info("monitor", "is not the active one any more", {{"group", options_.group}});
    outbox->SetActive(false);
    metrics_.active.Set(0);
  }
  if (turn_ == 0 || outbox->active()) return;
  const bool settled = caught_up_ && clock_->MonotonicNanos() - turn_since_nanos_ >= kTurnSettleNanos;
  // So much was read that what the one before has published would have come by.
  if (!settled && !outbox->full()) return;
  outbox->SetActive(true);
  metrics_.active.Set(1);
  log::Info("monitor", "is the active one", {{"group", options_.group}});
}

void Monitor::SendAndTell() {
  Outbox* const outbox = pipeline_->outbox();
  if (!outbox->active()) return;
  absl::Status refused;
  outbox->SendEach([&](const Outbox::Item& item) {
    refused = uplink_->Send(item.topic, item.record, Now());
    if (absl::IsInvalidArgument(refused)) {
      log::Error("monitor", "a record cannot be published", {{"topic", item.topic}, {"reason", refused}});
      refused = absl::OkStatus();
    }
    return refused.ok();
  });
  if (uplink_->losses() != losses_) return LookAtTurn();
  // Much at once: what is durable need not be awaited in the log.
  if (outbox->full() && uplink_->Flush(Now() + kFlushMax).ok()) outbox->SentIsDurable();
  outbox->TellEach([this](OutboxNumber number, const Alert& alert) {
    notifiers_->Notify(alert, [this, number] {
      MutexLock lock(&mutex_);
      done_.push_back(number);
      changed_.SignalAll();
    });
  });
}

void Monitor::TakeDone() {
  std::vector<OutboxNumber> done;
  {
    MutexLock lock(&mutex_);
    done.swap(done_);
  }
  for (const OutboxNumber number : done) pipeline_->outbox()->Done(number);
}

void Monitor::LookAtConfig() {
  bool asked;
  {
    MutexLock lock(&mutex_);
    asked = std::exchange(reload_, false);
  }
  const int64_t now = clock_->MonotonicNanos();
  if (flags_.config.empty() || (!asked && now - last_config_look_nanos_ < kSecondNanos)) return;
  last_config_look_nanos_ = now;
  const uint64_t hash = HashOfFile(flags_.config);
  if (!asked && hash == config_hash_) return;
  config_hash_ = hash;
  absl::StatusOr<MonitorOptions> options = LoadMonitorOptions(flags_);
  metrics_.config_valid.Set(options.ok() ? 1 : 0);
  if (!options.ok()) {
    log::Error("monitor", "configuration is not taken up", {{"reason", options.status()}});
    return;
  }
  const std::vector<std::string> restart = NeedsRestart(options_, *options);
  if (!restart.empty()) {
    log::Warn("monitor", "takes effect with a restart", {{"keys", absl::StrJoin(restart, ", ")}});
  }
  TakeUp(*std::move(options));
}

std::vector<Alert> Monitor::Firing() const {
  std::vector<Alert> firing = rules_.Firing();
  for (Alert& alert : heartbeats_.Firing()) firing.push_back(std::move(alert));
  return firing;
}

void Monitor::TakeUp(MonitorOptions options) {
  rules_.Replace(options.rules, options.lateness, pipeline_->outbox());
  heartbeats_.Configure(options.heartbeats);
  critical_.Configure(options.critical);
  pipeline_->set_lateness(options.lateness);
  options_.rules = std::move(options.rules);
  options_.lateness = options.lateness;
  if (const absl::Status status = access_->Configure(std::move(options.access), pipeline_->outbox()); !status.ok()) {
    log::Error("monitor", "statistics are not taken up", {{"reason", status}});
  }
  notifiers_->Configure(options.notify, Firing());
  log::Info("monitor", "configuration taken up", {{"rules", options_.rules.size()}});
}

}  // namespace sluice::monitor
