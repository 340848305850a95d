// A record of topic `heartbeats`: that a service lives, or that it is no more.
#pragma once

#include <optional>
#include <string>

#include "absl/time/time.h"
#include "consumer/client/batch.h"

namespace sluice::monitor {

struct Heartbeat {
  static constexpr size_t kNameBytesMax = 128;

  std::string service;
  std::string environment;  // may be empty, as the instance
  std::string instance;
  absl::Duration interval = absl::Seconds(30);
  bool retired = false;
};

// From the JSON object {"service":…,"environment":…,"instance":…,"interval":…,"retired":…} in the body; only the
// service must be there. The interval, in seconds, may be called interval_seconds as well. Nothing if the record is
// none.
std::optional<Heartbeat> ReadHeartbeat(const client::RecordView& record);

}  // namespace sluice::monitor
