// Whom to tell of alerts, and when not to.
//
//   notify:
//     - {kind: stderr}
//     - {kind: webhook, name: ops, url: "https://ops.example/hook", secret_file: /etc/sluice/ops.key, min_severity:
//     warn}
//     - {kind: alertmanager, url: "http://127.0.0.1:9093"}
//     - {kind: command, command: [/usr/local/bin/page, --to, ops], timeout: 5s}
//     - {kind: sound}
#pragma once

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "base/config.h"
#include "consumer/monitor/notify/http_senders.h"
#include "consumer/monitor/notify/notify_channel.h"
#include "consumer/monitor/notify/silences.h"

namespace sluice::monitor {

enum class ChannelKind { kStderr, kWebhook, kAlertmanager, kCommand, kSound };

struct ChannelConfig {
  ChannelKind kind = ChannelKind::kStderr;
  ChannelOptions channel;
  HttpTarget http = {};                   // kWebhook, kAlertmanager
  std::string secret = {};                // kWebhook
  std::vector<std::string> command = {};  // kCommand
  std::string sound_file = {};            // kSound
  absl::Duration timeout = absl::Seconds(10);

  friend bool operator==(const ChannelConfig&, const ChannelConfig&) = default;
};

struct NotifyOptions {
  std::vector<ChannelConfig> channels;
  Silences silences;
};

// The lists "notify", "silences" and "maintenance" of the file; without "notify", standard error alone. Reads the
// secrets' files.
NotifyOptions ReadNotifyOptions(const ConfigNode& root);

// When Alertmanager may think that an alert has ended which it is not told of again: some repetitions may be missed.
absl::Duration AlertmanagerExpiry(const ChannelConfig& config);

}  // namespace sluice::monitor
