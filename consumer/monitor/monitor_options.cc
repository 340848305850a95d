#include "consumer/monitor/monitor_options.h"

#include <string_view>
#include <utility>

#include "base/address.h"
#include "base/config.h"
#include "base/severity.h"
#include "base/status.h"
#include "base/strings.h"
#include "base/text.h"
#include "consumer/monitor/rules/rule_config.h"

namespace sluice::monitor {
namespace {

constexpr size_t kGroupBytesMax = 64;
constexpr std::string_view kGroupCharacters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
constexpr double kFactorMax = 1000;

absl::Status CheckGroup(std::string_view group) {
  if (!group.empty() && group.size() <= kGroupBytesMax && group.find_first_not_of(kGroupCharacters) == group.npos) {
    return absl::OkStatus();
  }
  return InvalidArgument("found ", Quoted(group), "; expected 1 to ", kGroupBytesMax,
                         " letters, digits, '.', '_' and '-'");
}

absl::Status CheckHttp(const std::string& text, bool insecure) {
  return ParseListenAddress(text, /*tls=*/false, insecure).status();
}

// A value of the file, checked; one that a flag replaces is checked all the same.
std::string Checked(const ConfigNode& node, std::string_view key, std::string fallback,
                    absl::Status (*check)(std::string_view)) {
  std::string text = node.String(key, fallback);
  if (!node.Has(key)) return text;
  if (const absl::Status status = check(text); !status.ok()) node.Fail(key, MessageOf(status));
  return text;
}

absl::Status CheckAddress(std::string_view text) { return ParseHostPort(text).status(); }

v1::Severity ReadSeverity(const ConfigNode& node, v1::Severity fallback) {
  if (!node.Has("severity")) return fallback;
  const std::string text = node.String("severity", "");
  const v1::Severity severity = SeverityFromText(text);
  if (severity == v1::SEVERITY_UNSPECIFIED) {
    node.Fail("severity", StrCat("found ", Quoted(text), "; expected trace, debug, info, warn, error or fatal"));
  }
  return severity;
}

void ReadCollector(const ConfigNode& node, MonitorOptions* options) {
  options->client.address = Checked(node, "address", options->client.address, CheckAddress);
  const ConfigNode tls = node.Map("tls");
  if (!node.Has("tls")) return;
  client::TlsOptions files;
  files.ca_file = tls.String("ca", "");
  files.cert_file = tls.String("cert", "");
  files.key_file = tls.String("key", "");
  files.server_name = tls.String("server_name", "");
  if (files.cert_file.empty() != files.key_file.empty())
    tls.Fail("cert", "cert and key go together; give both or none");
  options->client.tls = std::move(files);
}

// Whether the file's address may be listened on; one that a flag replaces is not.
void CheckHttpOfFile(const ConfigNode& node, const MonitorFlags& flags, const MonitorOptions& options) {
  if (!node.Has("http_address") || !flags.http_address.empty() || !CheckAddress(options.http_address).ok()) return;
  const absl::Status status = CheckHttp(options.http_address, options.insecure || flags.insecure);
  if (!status.ok()) node.Fail("http_address", MessageOf(status));
}

void ReadMonitor(const ConfigNode& node, const MonitorFlags& flags, MonitorOptions* options) {
  options->group = Checked(node, "group", options->group, CheckGroup);
  options->state_dir = node.String("state_dir", options->state_dir);
  options->http_address = Checked(node, "http_address", options->http_address, CheckAddress);
  options->insecure = node.Bool("insecure", false);
  CheckHttpOfFile(node, flags, *options);
  if (node.Choice("start_at", "end", {"beginning", "end"}) == "beginning") options->start = client::Start::Beginning();
  options->lateness = node.Duration("lateness", options->lateness, absl::ZeroDuration(), absl::Hours(1));
  for (const std::string& topic : node.Strings("topics", {})) {
    if (const absl::Status status = Glob::Compile(topic, Glob::Kind::kTopic).status(); !status.ok()) {
      node.Fail("topics", StrCat("found ", Quoted(topic), "; ", MessageOf(status)));
    }
    options->topics.push_back(topic);
  }
}

HeartbeatOptions ReadHeartbeats(const ConfigNode& node) {
  HeartbeatOptions options;
  options.enabled = node.Bool("enabled", options.enabled);
  options.factor = node.Number("factor", options.factor, 1, kFactorMax);
  options.agents = node.Bool("agents", options.agents);
  options.agent_interval = node.Duration("agent_interval", options.agent_interval, absl::Seconds(1), absl::Hours(24));
  options.retired = node.Strings("retired", {});
  options.forget = node.Duration("forget", options.forget, absl::Minutes(1), absl::Hours(365 * 24));
  options.severity = ReadSeverity(node, options.severity);
  return options;
}

CriticalOptions ReadCritical(const ConfigNode& node) {
  CriticalOptions options;
  options.enabled = node.Bool("enabled", options.enabled);
  options.min_severity = ReadSeverity(node, options.min_severity);
  for (const std::string& topic : node.Strings("exclude", {})) {
    if (absl::StatusOr<Glob> glob = Glob::Compile(topic, Glob::Kind::kTopic); glob.ok()) {
      options.exclude.push_back(*std::move(glob));
    } else {
      node.Fail("exclude", StrCat("found ", Quoted(topic), "; ", MessageOf(glob.status())));
    }
  }
  return options;
}

// What is no glob, ReadAccessOptions has told.
Filter OriginOf(const AccessOptions& access) {
  Filter origin;
  const auto add = [](const std::vector<std::string>& patterns, Glob::Kind kind, std::vector<Glob>* globs) {
    for (const std::string& pattern : patterns) {
      if (absl::StatusOr<Glob> glob = Glob::Compile(pattern, kind); glob.ok()) globs->push_back(*std::move(glob));
    }
  };
  add(access.topics, Glob::Kind::kTopic, &origin.topics);
  add(access.paths, Glob::Kind::kPath, &origin.paths);
  return origin;
}

absl::Status ApplyFlags(const MonitorFlags& flags, MonitorOptions* options) {
  const auto take = [](const std::string& flag, std::string* value) {
    if (!flag.empty()) *value = flag;
  };
  take(flags.collector, &options->client.address);
  take(flags.group, &options->group);
  take(flags.state_dir, &options->state_dir);
  take(flags.http_address, &options->http_address);
  options->insecure = options->insecure || flags.insecure;
  SLUICE_RETURN_IF_ERROR(Annotate(CheckAddress(options->client.address), "--collector"));
  SLUICE_RETURN_IF_ERROR(Annotate(CheckGroup(options->group), "--group"));
  return Annotate(CheckHttp(options->http_address, options->insecure), "--http-address");
}

}  // namespace

absl::StatusOr<MonitorOptions> LoadMonitorOptions(const MonitorFlags& flags) {
  MonitorOptions options;
  ConfigFile file = ConfigFile::Empty();
  if (!flags.config.empty()) {
    SLUICE_ASSIGN_OR_RETURN(file, ConfigFile::Load(flags.config));
  }
  const ConfigNode root = file.root();
  ReadCollector(root.Map("collector"), &options);
  ReadMonitor(root.Map("monitor"), flags, &options);
  options.heartbeats = ReadHeartbeats(root.Map("heartbeats"));
  options.critical = ReadCritical(root.Map("critical"));
  options.access = ReadAccessOptions(root.Map("statistics"));
  options.notify = ReadNotifyOptions(root);
  options.rules = ReadRules(root, OriginOf(options.access));
  SLUICE_RETURN_IF_ERROR(file.Finish());
  SLUICE_RETURN_IF_ERROR(ApplyFlags(flags, &options));
  return options;
}

std::vector<std::string> NeedsRestart(const MonitorOptions& before, const MonitorOptions& after) {
  std::vector<std::string> keys;
  const auto compare = [&keys](bool same, std::string_view key) {
    if (!same) keys.emplace_back(key);
  };
  const auto tls = [](const MonitorOptions& options) {
    const client::TlsOptions files = options.client.tls.value_or(client::TlsOptions());
    return std::vector<std::string>{options.client.tls ? "tls" : "", files.ca_file, files.cert_file, files.key_file,
                                    files.server_name};
  };
  compare(before.client.address == after.client.address, "collector.address");
  compare(tls(before) == tls(after), "collector.tls");
  compare(before.group == after.group, "monitor.group");
  compare(before.state_dir == after.state_dir, "monitor.state_dir");
  compare(before.http_address == after.http_address, "monitor.http_address");
  compare(before.topics == after.topics, "monitor.topics");
  return keys;
}

}  // namespace sluice::monitor
