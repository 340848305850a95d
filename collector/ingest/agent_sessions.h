// Which agents are connected, and who of two streams of one agent may go on.
//
// Exactly-once depends on the rule here: of all streams of an agent at most one is *owner*, and only an owner's batches
// reach the log. The next one becomes owner after the one before has released: it is ended, all that it had appended
// has completed, and it will append nothing more. Only then are the watermarks read that the next one's agent goes by.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "collector/support/collector_metrics.h"
#include "sluice/v1/ingest_service.pb.h"
#include "sluice/v1/log_service.pb.h"

namespace sluice::collector {

// A stream of an agent, as far as AgentSessions deals with it.
class AgentStream {
 public:
  virtual ~AgentStream() = default;
  // A newer stream of the same agent wants to take over: appends nothing more, ends, and releases once what it has
  // under way is done. Called without a lock.
  virtual void TakenOver() = 0;
};

// Thread-safe.
class AgentSessions {
 public:
  // Remembers up to `agents_max` agents; beyond, the one that was not seen for longest is forgotten. `clock` and
  // `metrics` are not owned.
  AgentSessions(size_t agents_max, const Clock* clock, CollectorMetrics* metrics)
      : agents_max_(agents_max), clock_(clock), metrics_(metrics) {}

  // `stream` said hello. OK: `granted` is called once when the stream is the owner (maybe before Open returns, maybe
  // never if it is taken over itself), without a lock; Disconnect and Release have to follow some time. Else:
  // InvalidArgument if the hello is malformed, AlreadyExists if another agent with this id is connected,
  // ResourceExhausted if too many agents are connected.
  absl::Status Open(const v1::Hello& hello, const std::string& peer, std::shared_ptr<AgentStream> stream,
                    std::function<void()> granted);
  // The stream is not connected any more. Another instance may wait for its release from now on.
  void Disconnect(std::string_view agent, const AgentStream* stream);
  // The stream will append nothing more, and all that it appended is done.
  void Release(std::string_view agent, const AgentStream* stream);

  // The agent sent something.
  void Seen(std::string_view agent);
  // Keeps the status. Lists of files take up to 64 MiB of all agents together and 512 KiB of one; what is beyond is not
  // kept, and the agent shows none.
  void RecordStatus(std::string_view agent, const v1::AgentStatus& status);
  void RecordStored(std::string_view agent, uint64_t records);

  // By id; all that are remembered, publishers, too, with what is known of their files if `files`.
  std::vector<v1::Agent> List(bool files) const;
  // Publishers that are connected.
  size_t Publishers() const;

 private:
  struct Claim {
    std::shared_ptr<AgentStream> stream;
    std::string instance;
    bool connected = true;
    std::function<void()> granted;
  };
  struct Agent {
    v1::Agent info;
    size_t files_bytes = 0;  // that info.file_list takes
    int64_t last_seen_unix_nano = 0;
    prometheus::Gauge* last_seen = nullptr;  // an agent's; publishers come and go
    std::optional<Claim> owner;
    std::optional<Claim> next;  // waits for the owner's release
  };

  // The agent's entry, made if there is none; null if there are too many.
  Agent* FindOrAdd(const std::string& id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool ForgetOne() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Agent* Find(std::string_view id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Touch(Agent* agent) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Forget(Agent* agent) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void SetFiles(Agent* agent, const v1::AgentFiles& files) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const size_t agents_max_;
  const Clock* const clock_;
  CollectorMetrics* const metrics_;
  mutable Mutex mutex_;
  absl::flat_hash_map<std::string, std::unique_ptr<Agent>> agents_ ABSL_GUARDED_BY(mutex_);
  size_t files_bytes_ ABSL_GUARDED_BY(mutex_) = 0;  // of all agents
};

// InvalidArgument naming the field of a hello that is not as it has to be.
absl::Status CheckHello(const v1::Hello& hello);

}  // namespace sluice::collector
