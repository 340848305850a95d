// How the active monitor of a group publishes. Whose stream the collector takes is the active one.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/mutex.h"
#include "consumer/client/client.h"
#include "consumer/client/publisher.h"
#include "sluice/v1/log.pb.h"

namespace sluice::monitor {

// One thread, but for what the publisher's own thread tells.
class Uplink {
 public:
  // `client` outlives it. Connects by itself; waits for its turn if another monitor of the group has the stream.
  // `changed` is called, on another thread, when turn() is another one.
  Uplink(client::Client* client, std::string_view group, std::function<void()> changed);
  ~Uplink();

  // 0 while it is not this monitor's turn; else a number that grows with each turn: between two turns others may have
  // published.
  uint64_t turn();
  // Grows when what was taken before may be published or not, and is not sent again by itself.
  uint64_t losses() const { return losses_; }
  // Takes a record, to be sent; ResourceExhausted: no room at the moment. InvalidArgument: it is
  // no record; any other error is a loss, and the turn has ended.
  absl::Status Send(std::string_view topic, v1::LogRecord record, absl::Time now);
  // Waits until all that was taken is durable.
  absl::Status Flush(absl::Time deadline);

 private:
  absl::Status Open();
  void OnState(const client::ConnectionState& state);
  void Restart(const absl::Status& why);

  client::Client* const client_;
  const std::string publisher_id_;
  const std::function<void()> changed_;
  std::unique_ptr<client::Publisher> publisher_;
  uint64_t losses_ = 0;
  Mutex mutex_;
  uint64_t turns_ ABSL_GUARDED_BY(mutex_) = 0;
  bool my_turn_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace sluice::monitor
