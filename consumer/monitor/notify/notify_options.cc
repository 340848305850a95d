#include "consumer/monitor/notify/notify_options.h"

#include <algorithm>
#include <set>

#include "base/file_system.h"
#include "base/http_client.h"
#include "base/severity.h"
#include "base/status.h"
#include "base/strings.h"
#include "base/text.h"

namespace sluice::monitor {
namespace {

constexpr size_t kSecretBytesMax = 4096;
// How Alertmanager is told that an alert goes on.
constexpr absl::Duration kResendInterval = absl::Minutes(1);
constexpr int kResendsMissed = 4;

ChannelKind KindFromText(std::string_view text) {
  if (text == "webhook") return ChannelKind::kWebhook;
  if (text == "alertmanager") return ChannelKind::kAlertmanager;
  if (text == "command") return ChannelKind::kCommand;
  if (text == "sound") return ChannelKind::kSound;
  return ChannelKind::kStderr;
}

// [A-Za-z0-9_-], 64 at most: it stands in metrics.
bool IsName(std::string_view name) {
  const auto good = [](char c) {
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_' || c == '-';
  };
  return !name.empty() && name.size() <= 64 && std::ranges::all_of(name, good);
}

ChannelOptions ReadChannel(const ConfigNode& node, ChannelKind kind) {
  ChannelOptions options;
  options.match = AlertMatcher::Read(node, "match");
  if (node.Has("min_severity")) {
    options.min_severity =
        SeverityFromText(node.Choice("min_severity", "", {"trace", "debug", "info", "warn", "error", "fatal"}));
  }
  options.send_resolved = node.Bool("send_resolved", options.send_resolved);
  options.group_by = node.Strings("group_by", options.group_by);
  options.group_wait = node.Duration("group_wait", options.group_wait, absl::ZeroDuration(), absl::Hours(1));
  const bool resends = kind == ChannelKind::kAlertmanager;
  options.repeat_interval = node.Duration("repeat_interval", resends ? kResendInterval : absl::ZeroDuration(),
                                          resends ? absl::Seconds(1) : absl::ZeroDuration(), absl::Hours(24 * 7));
  options.queue_max = static_cast<size_t>(node.Int("queue", 1000, 1, 100'000));
  options.retry_for = node.Duration("retry_for", options.retry_for, absl::ZeroDuration(), absl::Hours(24 * 7));
  return options;
}

std::string ReadSecret(const ConfigNode& node) {
  std::string secret = node.String("secret", "");
  const std::string path = node.String("secret_file", "");
  if (path.empty()) return secret;
  if (!secret.empty()) node.Fail("secret_file", "there is a secret, too; give one of them");
  absl::StatusOr<std::string> contents = HostFileSystem()->ReadFile(path, kSecretBytesMax);
  if (!contents.ok()) {
    node.Fail("secret_file", MessageOf(contents.status()));
    return "";
  }
  while (contents->ends_with('\n') || contents->ends_with('\r')) contents->pop_back();
  if (contents->empty()) node.Fail("secret_file", StrCat("found no secret in ", Quoted(path)));
  return *std::move(contents);
}

HttpTarget ReadTarget(const ConfigNode& node, absl::Duration timeout) {
  HttpTarget target = {.url = node.String("url", ""), .timeout = timeout, .ca_file = node.String("ca_file", "")};
  if (absl::Status status = CheckHttpUrl(target.url); !status.ok()) node.Fail("url", MessageOf(status));
  for (const auto& [name, value] : node.StringMap("headers")) {
    if (name.find_first_of(": \r\n") != name.npos || name.empty() || value.find_first_of("\r\n") != value.npos) {
      node.Fail("headers", StrCat("found ", Quoted(StrCat(name, ": ", value)), "; expected a header's name and value"));
    }
    target.headers.emplace_back(name, value);
  }
  return target;
}

ChannelConfig ReadOne(const ConfigNode& node) {
  const std::string kind = node.Choice("kind", "stderr", {"stderr", "webhook", "alertmanager", "command", "sound"});
  if (!node.Has("kind"))
    node.Fail("kind", "it is missing; allowed are stderr, webhook, alertmanager, command and sound");
  ChannelConfig config;
  config.kind = KindFromText(kind);
  config.channel = ReadChannel(node, config.kind);
  config.channel.name = node.String("name", kind);
  if (!IsName(config.channel.name)) {
    node.Fail("name", StrCat("found ", Quoted(config.channel.name), "; expected up to 64 of a-z, A-Z, 0-9, _ and -"));
  }
  if (config.kind == ChannelKind::kStderr) return config;
  config.timeout = node.Duration("timeout", config.timeout, absl::Milliseconds(10), absl::Minutes(10));
  switch (config.kind) {
    case ChannelKind::kWebhook:
      config.http = ReadTarget(node, config.timeout);
      config.secret = ReadSecret(node);
      break;
    case ChannelKind::kAlertmanager:
      config.http = ReadTarget(node, config.timeout);
      break;
    case ChannelKind::kCommand:
      config.command = node.Strings("command", {});
      if (config.command.empty() || config.command[0].empty()) {
        node.Fail("command", "it is missing; expected a list: the program and its arguments");
      }
      break;
    default:
      config.sound_file = node.String("file", "");
  }
  return config;
}

}  // namespace

NotifyOptions ReadNotifyOptions(const ConfigNode& root) {
  NotifyOptions options;
  options.silences = Silences::Read(root);
  std::set<std::string> names;
  for (const ConfigNode& node : root.Maps("notify")) {
    options.channels.push_back(ReadOne(node));
    const std::string& name = options.channels.back().channel.name;
    if (!names.insert(name).second) {
      node.Fail("name", StrCat("found ", Quoted(name), " twice; give each channel a name of its own"));
    }
  }
  if (!root.Has("notify")) options.channels.push_back({.channel = {.name = "stderr"}});
  return options;
}

absl::Duration AlertmanagerExpiry(const ChannelConfig& config) {
  return kResendsMissed * config.channel.repeat_interval + config.timeout;
}

}  // namespace sluice::monitor
