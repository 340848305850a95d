#include "collector/ingest/agent_sessions.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/status.h"
#include "base/strings.h"
#include "collector/log/batch_view.h"
#include "collector/support/timestamp.h"

namespace sluice::collector {
namespace {

constexpr size_t kHelloTextBytesMax = 256;
constexpr size_t kConfigErrorBytesMax = 4096;
constexpr size_t kFilesBytesMax = 512 << 10;
constexpr size_t kAllFilesBytesMax = 64 << 20;

absl::Status CheckHelloText(std::string_view name, const std::string& text) {
  if (text.size() <= kHelloTextBytesMax) return absl::OkStatus();
  return InvalidArgument("hello.", name, " has ", text.size(), " bytes: allowed are ", kHelloTextBytesMax);
}

absl::Status AlreadyConnected(const v1::Hello& hello, const v1::Agent& other) {
  return AlreadyExists("another agent with the id '", hello.agent(), "' is connected, from ", other.peer(), " (host ",
                       other.host(), "): give each agent its own id (",
                       "agent.id or --id). If it is the same agent with a new state directory, ",
                       "try again: the old connection ends within half a minute");
}

}  // namespace

absl::Status CheckHello(const v1::Hello& hello) {
  SLUICE_RETURN_IF_ERROR(Annotate(CheckAgentId(hello.agent()), "hello.agent"));
  if (hello.instance().empty()) return InvalidArgument("hello.instance is empty");
  SLUICE_RETURN_IF_ERROR(CheckHelloText("instance", hello.instance()));
  SLUICE_RETURN_IF_ERROR(CheckHelloText("host", hello.host()));
  return CheckHelloText("version", hello.version());
}

absl::Status AgentSessions::Open(const v1::Hello& hello, const std::string& peer, std::shared_ptr<AgentStream> stream,
                                 std::function<void()> granted) {
  SLUICE_RETURN_IF_ERROR(CheckHello(hello));
  std::vector<std::shared_ptr<AgentStream>> taken_over;
  bool grant = false;
  {
    MutexLock lock(&mutex_);
    Agent* agent = FindOrAdd(hello.agent());
    if (agent == nullptr) {
      return ResourceExhausted(agents_max_, " agents are connected: the collector takes no more (limits.agents)");
    }
    const std::optional<Claim>& newest = agent->next.has_value() ? agent->next : agent->owner;
    if (newest.has_value() && newest->connected && newest->instance != hello.instance()) {
      return AlreadyConnected(hello, agent->info);
    }
    if (agent->owner.has_value()) taken_over.push_back(agent->owner->stream);
    if (agent->next.has_value()) taken_over.push_back(agent->next->stream);
    Claim claim{std::move(stream), hello.instance(), true, granted};
    grant = !agent->owner.has_value();
    (grant ? agent->owner : agent->next) = std::move(claim);

    agent->info.set_host(hello.host());
    agent->info.set_version(hello.version());
    agent->info.set_peer(peer);
    agent->info.clear_start_time();
    if (auto start = static_cast<int64_t>(hello.start_time_unix_nano()); start > 0) {
      *agent->info.mutable_start_time() = ToTimestamp(start);
    }
    *agent->info.mutable_connected_since() = ToTimestamp(clock_->UnixNanos());
    Touch(agent);
  }
  for (const auto& older : taken_over) older->TakenOver();
  if (grant) granted();
  return absl::OkStatus();
}

void AgentSessions::Disconnect(std::string_view agent_id, const AgentStream* stream) {
  MutexLock lock(&mutex_);
  Agent* agent = Find(agent_id);
  if (agent == nullptr) return;
  for (std::optional<Claim>* claim : {&agent->owner, &agent->next}) {
    if (claim->has_value() && (*claim)->stream.get() == stream) (*claim)->connected = false;
  }
}

void AgentSessions::Release(std::string_view agent_id, const AgentStream* stream) {
  std::optional<Claim> released;  // destroyed without the lock
  std::function<void()> granted;
  {
    MutexLock lock(&mutex_);
    Agent* agent = Find(agent_id);
    if (agent == nullptr) return;
    if (agent->next.has_value() && agent->next->stream.get() == stream) {
      released = std::exchange(agent->next, std::nullopt);
    } else if (agent->owner.has_value() && agent->owner->stream.get() == stream) {
      released = std::exchange(agent->owner, std::exchange(agent->next, std::nullopt));
      if (agent->owner.has_value()) granted = agent->owner->granted;
    }
    // It does not come back, or as good as new.
    if (!agent->owner.has_value() && IsEphemeralAgent(agent_id)) Forget(agent);
  }
  if (granted) granted();
}

void AgentSessions::Seen(std::string_view agent_id) {
  MutexLock lock(&mutex_);
  if (Agent* agent = Find(agent_id); agent != nullptr) Touch(agent);
}

void AgentSessions::RecordStatus(std::string_view agent_id, const v1::AgentStatus& status) {
  MutexLock lock(&mutex_);
  Agent* agent = Find(agent_id);
  if (agent == nullptr) return;
  agent->info.set_files(status.files());
  agent->info.set_lag_bytes(status.lag_bytes());
  *agent->info.mutable_bytes_lost() = status.bytes_lost();
  agent->info.set_lag_millis(status.lag_millis());
  agent->info.set_records_per_second(status.records_per_second());
  const bool error_fits = status.config_error().size() <= kConfigErrorBytesMax;
  agent->info.set_config_error(error_fits ? status.config_error() : "(too long to be shown; see the agent's log)");
  if (status.has_file_list()) SetFiles(agent, status.file_list());
}

void AgentSessions::SetFiles(Agent* agent, const v1::AgentFiles& files) {
  const size_t bytes = files.ByteSizeLong();
  files_bytes_ -= agent->files_bytes;
  agent->files_bytes = 0;
  agent->info.clear_file_list();
  if (bytes > kFilesBytesMax || files_bytes_ + bytes > kAllFilesBytesMax) return;
  *agent->info.mutable_file_list() = files;
  agent->files_bytes = bytes;
  files_bytes_ += bytes;
}

void AgentSessions::RecordStored(std::string_view agent_id, uint64_t records) {
  MutexLock lock(&mutex_);
  if (Agent* agent = Find(agent_id); agent != nullptr) agent->info.set_records(agent->info.records() + records);
}

std::vector<v1::Agent> AgentSessions::List(bool files) const {
  std::vector<v1::Agent> list;
  {
    MutexLock lock(&mutex_);
    list.reserve(agents_.size());
    for (const auto& [id, agent] : agents_) {
      v1::Agent& info = list.emplace_back(agent->info);
      if (!files) info.clear_file_list();
      const std::optional<Claim>& newest = agent->next.has_value() ? agent->next : agent->owner;
      info.set_connected(newest.has_value() && newest->connected);
      if (!info.connected()) {
        info.clear_connected_since();
        info.clear_records_per_second();
      }
      *info.mutable_last_seen() = ToTimestamp(agent->last_seen_unix_nano);
    }
  }
  std::sort(list.begin(), list.end(), [](const v1::Agent& a, const v1::Agent& b) { return a.id() < b.id(); });
  return list;
}

size_t AgentSessions::Publishers() const {
  MutexLock lock(&mutex_);
  return static_cast<size_t>(std::count_if(agents_.begin(), agents_.end(), [](const auto& entry) {
    const Agent& agent = *entry.second;
    return IsPublisher(entry.first) && agent.owner.has_value() && agent.owner->connected;
  }));
}

AgentSessions::Agent* AgentSessions::Find(std::string_view id) {
  auto entry = agents_.find(ToAbsl(id));
  return entry == agents_.end() ? nullptr : entry->second.get();
}

AgentSessions::Agent* AgentSessions::FindOrAdd(const std::string& id) {
  if (Agent* agent = Find(id); agent != nullptr) return agent;
  if (agents_.size() >= agents_max_ && !ForgetOne()) return nullptr;
  auto agent = std::make_unique<Agent>();
  agent->info.set_id(id);
  if (!IsPublisher(id)) agent->last_seen = metrics_->NewAgentLastSeen(id);
  return agents_.emplace(id, std::move(agent)).first->second.get();
}

bool AgentSessions::ForgetOne() {
  auto oldest = agents_.end();
  for (auto entry = agents_.begin(); entry != agents_.end(); ++entry) {
    if (entry->second->owner.has_value()) continue;
    if (oldest == agents_.end() || entry->second->last_seen_unix_nano < oldest->second->last_seen_unix_nano) {
      oldest = entry;
    }
  }
  if (oldest == agents_.end()) return false;
  Forget(oldest->second.get());
  return true;
}

void AgentSessions::Forget(Agent* agent) {
  if (agent->last_seen != nullptr) metrics_->RemoveAgentLastSeen(agent->last_seen);
  files_bytes_ -= agent->files_bytes;
  agents_.erase(agents_.find(agent->info.id()));
}

void AgentSessions::Touch(Agent* agent) {
  agent->last_seen_unix_nano = clock_->UnixNanos();
  if (agent->last_seen != nullptr) agent->last_seen->Set(static_cast<double>(agent->last_seen_unix_nano) / 1e9);
}

}  // namespace sluice::collector
