// One way to tell the world of alerts. What waits, retries and gives up is a NotifyChannel's.
#pragma once

#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/cancellation.h"
#include "consumer/monitor/stage.h"

namespace sluice::monitor {

struct SendResult {
  absl::Status status;  // Unavailable: it may go better later; any other error: it will not
  absl::Duration retry_after = absl::ZeroDuration();  // as the other side asks for
};

// Used by one thread.
class Sender {
 public:
  virtual ~Sender() = default;
  // Alerts of one group, in the order in which they came; `now` is the wall clock. Blocks, for as long as its time-out
  // says; ends early when it is cancelled.
  virtual SendResult Send(const std::vector<Alert>& alerts, absl::Time now, const Cancellation* cancellation) = 0;
};

}  // namespace sluice::monitor
