#include "agent/agent_options.h"

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "agent/parse/zone_offsets.h"
#include "agent/reload/config_files.h"
#include "agent/source_config.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/file_system.h"
#include "base/host.h"
#include "base/pem.h"
#include "base/status.h"
#include "base/strings.h"

namespace sluice::agent {
namespace {

constexpr std::string_view kDefaultCollector = "127.0.0.1:7070";
constexpr std::string_view kDefaultHttpAddress = "127.0.0.1:7072";
constexpr size_t kIdLengthMax = 128;
constexpr size_t kPemBytesMax = 1 << 20;
constexpr char kStandardInput[] = "-";

// "/a/b" for "/a//b/./c/..": how events name it, too.
std::string AbsolutePath(const std::string& path) {
  std::error_code error;
  std::filesystem::path absolute = std::filesystem::absolute(path, error).lexically_normal();
  std::string text = absolute.string();
  while (text.size() > 1 && text.back() == '/') text.pop_back();
  return text;
}

bool OnlyStandardInput(const AgentFlags& flags) {
  return flags.config.empty() && flags.directories == std::vector<std::string>{kStandardInput};
}

absl::Status CheckId(std::string_view id) {
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:-";
  if (id.empty() || id.size() > kIdLengthMax || id.find_first_not_of(kAllowed) != std::string_view::npos) {
    return InvalidArgument("found \"", id, "\"; an agent's id has 1 to ", kIdLengthMax,
                           " letters, digits, '.', '_', ':' and '-'");
  }
  return absl::OkStatus();
}

// `fields`: all, none, or a list of names.
void ReadFields(const ConfigNode& node, ParserOptions* options) {
  if (!node.Has("fields")) return;
  if (!node.IsList("fields")) {
    const bool all = node.Choice("fields", "none", {"all", "none"}) == "all";
    options->fields = all ? FieldSelection::All() : FieldSelection::None();
    return;
  }
  absl::StatusOr<FieldSelection> named = FieldSelection::Named(node.Strings("fields", {}));
  if (named.ok()) {
    options->fields = *std::move(named);
  } else {
    node.Fail("fields", MessageOf(named.status()));
  }
}

// A container's format is unwrapped first; the line inside is read as auto reads it.
ParserOptions ReadParser(const ConfigNode& node, Container* container) {
  ParserOptions options;
  std::vector<std::string_view> names = ParserKindNames();
  for (std::string_view name : {"docker-json", "cri"}) names.push_back(name);
  std::string name = node.Choice("parser", "auto", names);
  if (name == "docker-json" || name == "cri") {
    *container = name == "cri" ? Container::kCri : Container::kDockerJson;
    name = "auto";
  }
  if (absl::StatusOr<ParserKind> kind = ParserKindFromText(name); kind.ok()) options.kind = *kind;
  options.regex = node.String("pattern", "");
  ReadFields(node, &options);
  options.severity_from_status = node.Bool("severity_from_status", false);
  options.time_zone = node.String("time_zone", options.time_zone);
  const auto refuse = [&](std::string_view key, std::string_view problem) {
    node.Fail(key, problem);
    options = {};  // said once is enough
  };
  if (options.kind == ParserKind::kRegex && options.regex.empty()) {
    refuse("parser", "found \"regex\" without a pattern; add pattern: …");
  } else if (options.kind != ParserKind::kRegex && !options.regex.empty()) {
    refuse("pattern", "belongs to parser: regex only");
  } else if (options.kind == ParserKind::kPlain && options.fields.has_value() && !options.fields->none()) {
    refuse("fields", "parser: plain finds none; name another parser, or leave it out");
  } else if (options.severity_from_status && options.kind != ParserKind::kAuto && options.kind != ParserKind::kW3c) {
    refuse("severity_from_status", "belongs to parser: w3c and auto only");
  } else if (absl::Status status = ZoneOffsets::Check(options.time_zone); !status.ok()) {
    refuse("time_zone", MessageOf(status));
  }
  return options;
}

void ReadWatch(const ConfigNode& node, SourceOptions* options) {
  std::string watch = node.Choice("watch", "auto", {"auto", "inotify", "poll"});
  options->watch = watch == "poll" ? WatchMode::kPoll : watch == "inotify" ? WatchMode::kInotify : WatchMode::kAuto;
  options->poll_interval =
      node.Duration("poll_interval", options->poll_interval, absl::Milliseconds(10), absl::Hours(1));
}

RateLimit ReadLimits(const ConfigNode& node) {
  RateLimit limit;
  limit.bytes_per_second = node.Bytes("bytes_per_second", 0, 1, uint64_t{1} << 40);
  limit.lines_per_second = static_cast<uint64_t>(node.Int("lines_per_second", 0, 1, 1'000'000'000'000));
  return limit;
}

// Globs are relative to the root: others would match nothing.
std::vector<std::string> ReadGlobs(const ConfigNode& node, std::string_view key, std::vector<std::string> fallback) {
  std::vector<std::string> globs = node.Strings(key, std::move(fallback));
  for (const std::string& glob : globs) {
    if (!glob.starts_with("/") && !glob.starts_with("./") && !glob.starts_with("../")) continue;
    node.Fail(key, StrCat("found \"", glob, "\"; globs are relative to the root, as in \"*.log\" or \"**/*.log\""));
  }
  return globs;
}

SourceOptions ReadSource(const ConfigNode& node, const std::string& host) {
  SourceOptions options;
  options.name = node.String("name", "");
  if (options.name.empty()) node.Fail("name", "a source needs a name");
  std::string root = node.String("root", "");
  if (root.empty()) {
    node.Fail("root", "a source needs the directory that it watches");
  } else if (root.front() != '/') {
    node.Fail("root", StrCat("found \"", root, "\"; expected an absolute path"));
  }
  options.root = AbsolutePath(root);
  options.include = ReadGlobs(node, "include", options.include);
  if (options.include.empty()) node.Fail("include", "an empty list matches nothing; leave it out for all files");
  options.exclude = ReadGlobs(node, "exclude", options.exclude);
  options.topic = node.String("topic", options.topic);
  options.start_at =
      node.Choice("start_at", "beginning", {"beginning", "end"}) == "end" ? StartAt::kEnd : StartAt::kBeginning;
  options.labels = ReadLabels(node, host);
  ReadWatch(node, &options);
  options.parser = ReadParser(node, &options.framing.container);
  ReadFraming(node, &options.framing);
  ReadProcessing(node, &options.process);
  options.limits = ReadLimits(node.Map("limits"));
  return options;
}

// "include: unclosed '['" is said of the key include; what names no key is about the pattern.
void FailSource(const ConfigNode& node, std::string_view problem) {
  for (std::string_view key : {"include", "exclude", "topic", "encoding"}) {
    if (problem.starts_with(StrCat(key, ": "))) return node.Fail(key, problem.substr(key.size() + 2));
  }
  node.Fail("pattern", problem);
}

void ReadSources(const ConfigNode& root, const std::string& id, AgentOptions* options) {
  std::map<std::string, std::string> names;  // and where each stands
  for (const ConfigNode& node : root.Maps("sources")) {
    SourceOptions source = ReadSource(node, options->host);
    const auto [first, is_new] = names.try_emplace(source.name, node.Where("name"));
    if (!is_new) node.Fail("name", StrCat("found \"", source.name, "\" twice, first in ", first->second));
    absl::StatusOr<std::shared_ptr<const Source>> created = Source::Create(std::move(source), id);
    if (created.ok()) {
      options->sources.push_back(*std::move(created));
    } else {
      FailSource(node, MessageOf(created.status()));
    }
  }
}

std::string ReadPem(const ConfigNode& node, std::string_view key, const std::string& path) {
  absl::StatusOr<std::string> text = HostFileSystem()->ReadFile(path, kPemBytesMax);
  if (!text.ok()) node.Fail(key, MessageOf(text.status()));
  return std::move(text).value_or("");
}

// A certificate that cannot be used is found now, and not when the connection is made.
void CheckTlsFiles(const ConfigNode& node, AgentOptions* options) {
  const int64_t now = SystemClock()->UnixNanos();
  auto take = [&](std::string_view key, const absl::StatusOr<PemWarnings>& checked) {
    if (!checked.ok()) return node.Fail(key, MessageOf(checked.status()));
    for (const std::string& warning : *checked) {
      options->warnings.push_back(StrCat(node.Where(key), ": ", warning));
    }
  };
  const TlsOptions& tls = options->tls;
  if (!tls.ca.empty()) {
    const std::string ca = ReadPem(node, "ca", tls.ca);
    if (!ca.empty()) take("ca", CheckAuthorities(ca, now));
  }
  if (tls.cert.empty()) return;
  const std::string cert = ReadPem(node, "cert", tls.cert);
  const std::string key = ReadPem(node, "key", tls.key);
  if (!cert.empty() && !key.empty()) take("cert", CheckKeyPair(cert, key, now));
}

void ReadCollector(const ConfigNode& node, const AgentFlags& flags, AgentOptions* options) {
  if (node.Has("address") && node.Has("addresses")) node.Fail("addresses", "give address or addresses, not both");
  const bool several = node.Has("addresses");
  options->collectors =
      several ? node.Strings("addresses", {}) : std::vector<std::string>{node.String("address", kDefaultCollector)};
  if (options->collectors.empty()) node.Fail("addresses", "at least one HOST:PORT is needed");
  for (const std::string& collector : options->collectors) {
    if (absl::StatusOr<HostPort> address = ParseHostPort(collector); !address.ok()) {
      node.Fail(several ? "addresses" : "address", MessageOf(address.status()));
    }
  }
  if (!flags.collector.empty()) options->collectors = {flags.collector};
  ConfigNode tls = node.Map("tls");
  options->tls.enabled = node.Has("tls");
  options->tls.ca = tls.String("ca", "");
  options->tls.cert = tls.String("cert", "");
  options->tls.key = tls.String("key", "");
  if (options->tls.cert.empty() != options->tls.key.empty()) {
    tls.Fail("cert", "cert and key go together");
  } else {
    CheckTlsFiles(tls, options);
  }
}

// "50%" → 0.5.
double ReadCpuLimit(const ConfigNode& node) {
  const std::string text = node.String("cpu_limit", "");
  if (text.empty() && !node.Has("cpu_limit")) return 0;
  double percent;
  const bool is_percent = text.ends_with('%') && absl::SimpleAtod(ToAbsl(text.substr(0, text.size() - 1)), &percent);
  if (is_percent && percent >= 1 && percent <= 100 * 100) return percent / 100;
  node.Fail("cpu_limit", StrCat("found \"", text, "\"; expected percent of one core, such as 50%, at least 1%"));
  return 0;
}

void ReadProcess(const ConfigNode& node, AgentOptions* options) {
  options->cpu_limit = ReadCpuLimit(node);
  if (node.Has("nice")) options->priority.nice = static_cast<int>(node.Int("nice", 0, -20, 19));
  const std::string ionice = node.String("ionice", "");
  if (!node.Has("ionice")) return;
  options->priority.ionice = ParseIoPriority(ionice);
  if (!options->priority.ionice.has_value()) {
    node.Fail("ionice", StrCat("found \"", ionice, "\"; expected idle, or best-effort:0 (first) to best-effort:7"));
  }
}

void ReadAgent(const ConfigNode& node, const AgentFlags& flags, AgentOptions* options) {
  options->host = HostName();
  // What is piped in beside the host's agent is another agent, with a state of its own.
  const std::string_view suffix = OnlyStandardInput(flags) ? "-stdin" : "";
  options->id = node.String("id", StrCat(options->host, suffix));
  if (absl::Status status = CheckId(options->id); !status.ok()) node.Fail("id", MessageOf(status));
  if (!flags.id.empty()) options->id = flags.id;
  options->state_dir = node.Path("state_dir", StrCat(DefaultStateDirectory("agent"), suffix));
  if (!flags.state_dir.empty()) options->state_dir = flags.state_dir;
  options->insecure = node.Bool("insecure", false) || flags.insecure;
  const std::string http = node.String("http_address", kDefaultHttpAddress);
  if (absl::StatusOr<HostPort> address = ParseListenAddress(http, /*tls=*/false, options->insecure); address.ok()) {
    options->http_address = *address;
    options->http_required = node.Has("http_address");
  } else if (flags.http_address.empty()) {
    node.Fail("http_address", MessageOf(address.status()));
  }
  options->window_bytes = node.Bytes("window", options->window_bytes, 1 << 20, uint64_t{1} << 30);
  options->max_line_bytes = node.Bytes("max_line_bytes", options->max_line_bytes, 1 << 10, 1 << 20);
  options->events = node.Bool("events", true);
  ConfigNode deleted = node.Map("deleted_files");
  options->deleted_keep_open =
      deleted.Duration("keep_open", options->deleted_keep_open, absl::Seconds(1), absl::Hours(24 * 365));
  options->deleted_bytes_max = deleted.Bytes("bytes", options->deleted_bytes_max, 0, uint64_t{1} << 50);
  options->close_idle = node.Duration("close_idle", options->close_idle, absl::Seconds(1), absl::Hours(24 * 365));
  ReadProcess(node, options);
}

void ReadCheckpoint(const ConfigNode& node, AgentOptions* options) {
  options->checkpoint_interval =
      node.Duration("interval", options->checkpoint_interval, absl::Milliseconds(10), absl::Hours(1));
  options->checkpoint_records = node.Int("records", options->checkpoint_records, 1, 1'000'000'000);
}

absl::Status CheckFlags(const AgentFlags& flags, AgentOptions* options) {
  if (!flags.id.empty()) SLUICE_RETURN_IF_ERROR(Annotate(CheckId(flags.id), "--id"));
  if (!flags.collector.empty()) {
    SLUICE_RETURN_IF_ERROR(Annotate(ParseHostPort(flags.collector).status(), "--collector"));
  }
  if (!flags.http_address.empty()) {
    absl::StatusOr<HostPort> address = ParseListenAddress(flags.http_address, /*tls=*/false, options->insecure);
    if (!address.ok()) return Annotate(address.status(), "--http-address");
    options->http_address = *address;
    options->http_required = true;
  }
  return absl::OkStatus();
}

absl::Status ReadOnce(const AgentFlags& flags, AgentOptions* options) {
  options->once = flags.once || OnlyStandardInput(flags);
  if (flags.once_timeout.empty()) return absl::OkStatus();
  absl::StatusOr<absl::Duration> timeout = ParseDuration(flags.once_timeout);
  if (!timeout.ok()) return Annotate(timeout.status(), "--once-timeout");
  options->once_timeout = *timeout;
  return absl::OkStatus();
}

// Its bytes are a topic of their own, by the name of the source.
absl::Status AddStandardInput(const std::string& id, AgentOptions* options) {
  SourceOptions source;
  source.name = "stdin";
  SLUICE_ASSIGN_OR_RETURN(options->standard_input, Source::Create(std::move(source), id));
  return absl::OkStatus();
}

absl::Status AddDirectories(const std::vector<std::string>& directories, const std::string& id, AgentOptions* options) {
  for (const std::string& directory : directories) {
    if (directory == kStandardInput) {
      SLUICE_RETURN_IF_ERROR(AddStandardInput(id, options));
      continue;
    }
    absl::StatusOr<FileStat> stat = HostFileSystem()->Stat(directory, /*follow=*/true);
    // A configured root may be made later; a directory that somebody types is there, or mistyped.
    if (!stat.ok()) return InvalidArgument(MessageOf(stat.status()), "; expected a directory to watch");
    if (stat->type != FileType::kDirectory)
      return InvalidArgument(directory, ": is no directory; give the one it is in");
    SourceOptions source;
    source.root = AbsolutePath(directory);
    source.name = BaseNameOf(source.root);
    if (source.name.empty()) source.name = "root";
    SLUICE_ASSIGN_OR_RETURN(std::shared_ptr<const Source> created, Source::Create(std::move(source), id));
    options->sources.push_back(std::move(created));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<AgentOptions> LoadAgentOptions(const AgentFlags& flags, const std::string& running_id) {
  AgentOptions options;
  options.flags = flags;
  ConfigFile file = ConfigFile::Empty();
  if (!flags.config.empty()) {
    options.config_fingerprint = ConfigFingerprint(flags.config, HostFileSystem());
    SLUICE_ASSIGN_OR_RETURN(const std::vector<std::string> paths, ConfigFiles(flags.config, HostFileSystem()));
    SLUICE_ASSIGN_OR_RETURN(file, ConfigFile::LoadAll(paths, {"sources"}));
  }
  ReadAgent(file.root().Map("agent"), flags, &options);
  ReadCollector(file.root().Map("collector"), flags, &options);
  ReadCheckpoint(file.root().Map("checkpoint"), &options);
  options.limits = ReadLimits(file.root().Map("limits"));
  const std::string& id = running_id.empty() ? options.id : running_id;
  ReadSources(file.root(), id, &options);
  SLUICE_RETURN_IF_ERROR(file.Finish());
  SLUICE_RETURN_IF_ERROR(CheckFlags(flags, &options));
  SLUICE_RETURN_IF_ERROR(ReadOnce(flags, &options));
  SLUICE_RETURN_IF_ERROR(AddDirectories(flags.directories, id, &options));
  if (options.sources.empty() && options.standard_input == nullptr) {
    return InvalidArgument(
        "nothing to watch: name a directory, as in `sluice-agent /var/log`, or give --config FILE "
        "with sources");
  }
  return options;
}

std::vector<std::string> NeedRestart(const AgentOptions& running, const AgentOptions& wanted) {
  std::vector<std::string> keys;
  auto compare = [&keys](const char* key, bool equal) {
    if (!equal) keys.emplace_back(key);
  };
  compare("agent.id", running.id == wanted.id);
  compare("agent.state_dir", running.state_dir == wanted.state_dir);
  compare("agent.http_address", running.http_address.ToString() == wanted.http_address.ToString());
  compare("agent.window", running.window_bytes == wanted.window_bytes);
  compare("agent.max_line_bytes", running.max_line_bytes == wanted.max_line_bytes);
  compare("agent.events", running.events == wanted.events);
  compare("agent.deleted_files", running.deleted_keep_open == wanted.deleted_keep_open &&
                                     running.deleted_bytes_max == wanted.deleted_bytes_max);
  compare("agent.nice", running.priority.nice == wanted.priority.nice);
  compare("agent.ionice", running.priority.ionice == wanted.priority.ionice);
  compare("collector.address", running.collectors == wanted.collectors);
  compare("collector.tls", running.tls == wanted.tls);
  return keys;
}

}  // namespace sluice::agent
