#include "agent/agent_options.h"

#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "agent/source_config.h"
#include "base/config.h"
#include "base/file_system.h"
#include "base/host.h"
#include "base/status.h"
#include "base/strings.h"

namespace sluice::agent {
namespace {

constexpr std::string_view kDefaultCollector = "127.0.0.1:7070";
constexpr std::string_view kDefaultHttpAddress = "127.0.0.1:7072";
constexpr size_t kIdLengthMax = 128;

// "/a/b" for "/a//b/./c/..": how events name it, too.
std::string AbsolutePath(const std::string& path) {
  std::error_code error;
  std::filesystem::path absolute = std::filesystem::absolute(path, error).lexically_normal();
  std::string text = absolute.string();
  while (text.size() > 1 && text.back() == '/') text.pop_back();
  return text;
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
  }
  return options;
}

void ReadWatch(const ConfigNode& node, SourceOptions* options) {
  std::string watch = node.Choice("watch", "auto", {"auto", "inotify", "poll"});
  options->watch = watch == "poll" ? WatchMode::kPoll : watch == "inotify" ? WatchMode::kInotify : WatchMode::kAuto;
  options->poll_interval =
      node.Duration("poll_interval", options->poll_interval, absl::Milliseconds(10), absl::Hours(1));
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
  options.include = node.Strings("include", options.include);
  options.exclude = node.Strings("exclude", options.exclude);
  options.topic = node.String("topic", options.topic);
  options.start_at =
      node.Choice("start_at", "beginning", {"beginning", "end"}) == "end" ? StartAt::kEnd : StartAt::kBeginning;
  options.labels = ReadLabels(node, host);
  ReadWatch(node, &options);
  options.parser = ReadParser(node, &options.framing.container);
  ReadFraming(node, &options.framing);
  ReadProcessing(node, &options.process);
  return options;
}

// "include: unclosed '['" is said of the key include; what names no key is about the pattern.
void FailSource(const ConfigNode& node, std::string_view problem) {
  for (std::string_view key : {"include", "exclude", "topic", "encoding"}) {
    if (problem.starts_with(StrCat(key, ": "))) return node.Fail(key, problem.substr(key.size() + 2));
  }
  node.Fail("pattern", problem);
}

void ReadSources(const ConfigNode& root, AgentOptions* options) {
  std::set<std::string> names;
  for (const ConfigNode& node : root.Maps("sources")) {
    SourceOptions source = ReadSource(node, options->host);
    if (!names.insert(source.name).second) node.Fail("name", StrCat("found \"", source.name, "\" twice"));
    absl::StatusOr<std::shared_ptr<const Source>> created = Source::Create(std::move(source), options->id);
    if (created.ok()) {
      options->sources.push_back(*std::move(created));
    } else {
      FailSource(node, MessageOf(created.status()));
    }
  }
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
  if (options->tls.cert.empty() != options->tls.key.empty()) tls.Fail("cert", "cert and key go together");
}

void ReadAgent(const ConfigNode& node, const AgentFlags& flags, AgentOptions* options) {
  options->host = HostName();
  options->id = node.String("id", options->host);
  if (absl::Status status = CheckId(options->id); !status.ok()) node.Fail("id", MessageOf(status));
  if (!flags.id.empty()) options->id = flags.id;
  options->state_dir = node.String("state_dir", DefaultStateDirectory("agent"));
  if (!flags.state_dir.empty()) options->state_dir = flags.state_dir;
  std::string http = node.String("http_address", kDefaultHttpAddress);
  if (absl::StatusOr<HostPort> address = ParseHostPort(http); address.ok()) {
    options->http_address = *address;
    options->http_required = node.Has("http_address");
  } else {
    node.Fail("http_address", MessageOf(address.status()));
  }
  options->window_bytes = node.Bytes("window", options->window_bytes, 1 << 20, uint64_t{1} << 30);
  options->max_line_bytes = node.Bytes("max_line_bytes", options->max_line_bytes, 1 << 10, 1 << 20);
  options->insecure = node.Bool("insecure", false) || flags.insecure;
  options->events = node.Bool("events", true);
  ConfigNode deleted = node.Map("deleted_files");
  options->deleted_keep_open =
      deleted.Duration("keep_open", options->deleted_keep_open, absl::Seconds(1), absl::Hours(24 * 365));
  options->deleted_bytes_max = deleted.Bytes("bytes", options->deleted_bytes_max, 0, uint64_t{1} << 50);
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
    absl::StatusOr<HostPort> address = ParseHostPort(flags.http_address);
    if (!address.ok()) return Annotate(address.status(), "--http-address");
    options->http_address = *address;
    options->http_required = true;
  }
  return absl::OkStatus();
}

absl::Status AddDirectories(const std::vector<std::string>& directories, AgentOptions* options) {
  for (const std::string& directory : directories) {
    absl::StatusOr<FileStat> stat = HostFileSystem()->Stat(directory, /*follow=*/true);
    // A configured root may be made later; a directory that somebody types is there, or mistyped.
    if (!stat.ok()) return InvalidArgument(MessageOf(stat.status()), "; expected a directory to watch");
    if (stat->type != FileType::kDirectory)
      return InvalidArgument(directory, ": is no directory; give the one it is in");
    SourceOptions source;
    source.root = AbsolutePath(directory);
    source.name = BaseNameOf(source.root);
    if (source.name.empty()) source.name = "root";
    SLUICE_ASSIGN_OR_RETURN(std::shared_ptr<const Source> created, Source::Create(std::move(source), options->id));
    options->sources.push_back(std::move(created));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<AgentOptions> LoadAgentOptions(const AgentFlags& flags) {
  ConfigFile file = ConfigFile::Empty();
  if (!flags.config.empty()) {
    SLUICE_ASSIGN_OR_RETURN(file, ConfigFile::Load(flags.config));
  }
  AgentOptions options;
  ReadAgent(file.root().Map("agent"), flags, &options);
  ReadCollector(file.root().Map("collector"), flags, &options);
  ReadCheckpoint(file.root().Map("checkpoint"), &options);
  ReadSources(file.root(), &options);
  SLUICE_RETURN_IF_ERROR(file.Finish());
  SLUICE_RETURN_IF_ERROR(CheckFlags(flags, &options));
  SLUICE_RETURN_IF_ERROR(AddDirectories(flags.directories, &options));
  if (options.sources.empty()) {
    return InvalidArgument(
        "nothing to watch: name a directory, as in `sluice-agent /var/log`, or give --config FILE "
        "with sources");
  }
  SLUICE_RETURN_IF_ERROR(CheckListenAddress(options.http_address, /*tls=*/false, options.insecure));
  return options;
}

}  // namespace sluice::agent
