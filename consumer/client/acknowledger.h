// Tells the collector what a member of a consumer group has done. Internal to the client.
#pragma once

#include <memory>
#include <string>

#include "absl/time/time.h"
#include "grpcpp/channel.h"

namespace sluice::client {

// One call at a time, on gRPC's threads; what comes meanwhile is told together by the next one. An error is not told to
// anyone: what is not acknowledged is delivered again. Thread-safe.
class Acknowledger {
 public:
  // A call may take `timeout`.
  Acknowledger(std::shared_ptr<grpc::Channel> channel, std::string group, std::string member, absl::Duration timeout);
  // Waits until all is told, or told in vain.
  ~Acknowledger();

  // Everything up to the message with this cursor is done. Returns at once.
  void Acknowledge(const std::string& cursor);

 private:
  class Calls;
  const std::unique_ptr<Calls> calls_;
};

}  // namespace sluice::client
