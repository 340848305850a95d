// Alerts told to HTTP servers: webhooks, and Alertmanager's API (version 2).
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "consumer/monitor/notify/sender.h"

namespace sluice::monitor {

struct HttpTarget {
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers = {};
  absl::Duration timeout = absl::Seconds(10);
  std::string ca_file = {};

  friend bool operator==(const HttpTarget&, const HttpTarget&) = default;
};

// POSTs {"version":1,"status":"firing","alerts":[…]}. With a secret, the header X-Sluice-Signature is "sha256=" and the
// HMAC-SHA256 of the text "TIMESTAMP.BODY", where TIMESTAMP (Unix seconds) is the header X-Sluice-Timestamp. 2xx is
// success; 408, 425, 429 and 5xx are tried again, others are not.
std::unique_ptr<Sender> NewWebhook(HttpTarget target, std::string secret);

// POSTs to URL/api/v2/alerts. An alert that fires ends by itself at Alertmanager when it is not sent again within
// `expiry`.
std::unique_ptr<Sender> NewAlertmanager(HttpTarget target, absl::Duration expiry);

}  // namespace sluice::monitor
