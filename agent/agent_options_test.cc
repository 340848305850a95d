#include "agent/agent_options.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "base/status.h"
#include "base/strings.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::agent {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

class AgentOptionsTest : public ::testing::Test {
 protected:
  AgentOptionsTest()
      : directory_(std::filesystem::path(StrCat(::testing::TempDir(), "/agent_options_test_", getpid()))
                       .lexically_normal()
                       .string()) {
    std::filesystem::create_directories(StrCat(directory_, "/logs/nginx"));
  }
  ~AgentOptionsTest() override { std::filesystem::remove_all(directory_); }

  std::string Path(std::string_view name) const { return StrCat(directory_, "/", name); }
  absl::StatusOr<AgentOptions> Load() const { return LoadAgentOptions(flags_); }
  absl::StatusOr<AgentOptions> Load(std::string_view yaml) {
    flags_.config = Path("agent.yaml");
    std::ofstream(flags_.config) << yaml;
    return Load();
  }
  // The message, with "FILE" for the path of the configuration.
  std::string Problem(std::string_view yaml) {
    absl::StatusOr<AgentOptions> options = Load(yaml);
    if (options.ok()) return "none";
    std::string message(MessageOf(options.status()));
    for (size_t at; (at = message.find(flags_.config)) != std::string::npos;) {
      message.replace(at, flags_.config.size(), "FILE");
    }
    return message;
  }

  const std::string directory_;
  AgentFlags flags_;
};

TEST_F(AgentOptionsTest, ReadsEveryKey) {
  absl::StatusOr<AgentOptions> options = Load(R"yaml(
agent:
  id: web-1
  state_dir: /srv/state
  http_address: 127.0.0.1:9999
  window: 32MiB
  max_line_bytes: 4KiB
  insecure: true
collector:
  address: logs.example:7070
  tls: {ca: agent/ship/testdata/ca.pem, cert: agent/ship/testdata/client.pem, key: agent/ship/testdata/client.key}
checkpoint: {interval: 250ms, records: 7}
sources:
  - name: app
    root: /var//log/./app/
    include: ["**/*.log"]
    exclude: ["old/**"]
    topic: "app.{dir}"
    start_at: end
    parser: regex
    pattern: '(?P<level>\w+) (?P<message>.*)'
    labels: {service: shop, environment: prod}
  - name: web
    root: /var/log/web
    parser: w3c
    fields: [status, path]
    severity_from_status: true
  - name: kube
    root: /var/log/kube
    parser: glog
    fields: none
    time_zone: Europe/Berlin
  - name: rest
    root: /var/log
    fields: all
)yaml");
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->id, "web-1");
  EXPECT_EQ(options->state_dir, "/srv/state");
  EXPECT_EQ(options->http_address.ToString(), "127.0.0.1:9999");
  EXPECT_TRUE(options->http_required);
  EXPECT_TRUE(options->insecure);
  EXPECT_EQ(options->window_bytes, 32 << 20);
  EXPECT_EQ(options->max_line_bytes, 4 << 10);
  EXPECT_EQ(options->collectors, std::vector<std::string>{"logs.example:7070"});
  EXPECT_TRUE(options->tls.enabled);
  EXPECT_EQ(BaseNameOf(options->tls.ca), "ca.pem");
  EXPECT_EQ(BaseNameOf(options->tls.cert), "client.pem");
  EXPECT_EQ(BaseNameOf(options->tls.key), "client.key");
  EXPECT_THAT(options->warnings, ::testing::IsEmpty());
  EXPECT_EQ(options->checkpoint_interval, absl::Milliseconds(250));
  EXPECT_EQ(options->checkpoint_records, 7);
  ASSERT_EQ(options->sources.size(), 4);
  const Source& app = *options->sources[0];
  EXPECT_EQ(app.options().root, "/var/log/app");
  EXPECT_EQ(app.options().start_at, StartAt::kEnd);
  EXPECT_EQ(app.options().parser.kind, ParserKind::kRegex);
  EXPECT_FALSE(app.options().parser.fields.has_value()) << "as is usual for the parser";
  const ParserOptions& web = options->sources[1]->options().parser;
  EXPECT_EQ(web.kind, ParserKind::kW3c);
  EXPECT_THAT(web.fields->names(), ElementsAre("status", "path"));
  EXPECT_TRUE(web.severity_from_status);
  EXPECT_EQ(options->sources[2]->options().parser.kind, ParserKind::kKlog);
  EXPECT_TRUE(options->sources[2]->options().parser.fields->none());
  EXPECT_EQ(options->sources[2]->options().parser.time_zone, "Europe/Berlin");
  EXPECT_EQ(options->sources[3]->options().parser.time_zone, "UTC");
  EXPECT_TRUE(options->sources[3]->options().parser.fields->all());
  EXPECT_THAT(app.options().labels, ElementsAre(Pair("environment", "prod"), Pair("service", "shop")));
  EXPECT_TRUE(app.Includes("/var/log/app/a/b.log"));
  EXPECT_FALSE(app.Includes("/var/log/app/old/b.log"));
  EXPECT_EQ(app.TopicOf("/var/log/app/a/b.log"), "app.a");
}

TEST_F(AgentOptionsTest, ADirectoryIsEnough) {
  flags_.directories = {Path("logs")};
  absl::StatusOr<AgentOptions> options = Load();
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->id, options->host);
  EXPECT_FALSE(options->host.empty());
  EXPECT_EQ(options->collectors, std::vector<std::string>{"127.0.0.1:7070"});
  EXPECT_FALSE(options->tls.enabled);
  EXPECT_EQ(options->http_address.ToString(), "127.0.0.1:7072");
  EXPECT_FALSE(options->http_required) << "nobody asked for it: the agent runs without it";
  EXPECT_EQ(options->checkpoint_interval, absl::Seconds(1));
  ASSERT_EQ(options->sources.size(), 1);
  EXPECT_EQ(options->sources[0]->options().name, "logs");
  EXPECT_EQ(options->sources[0]->options().root, Path("logs"));
}

TEST_F(AgentOptionsTest, FlagsOverrideTheFileAndDirectoriesAddToItsSources) {
  flags_.collector = "[::1]:1";
  flags_.state_dir = "/from/flag";
  flags_.id = "from-flag";
  flags_.http_address = "127.0.0.1:2";
  flags_.directories = {Path("logs/nginx//"), "/"};
  absl::StatusOr<AgentOptions> options = Load(
      "agent: {id: from-file, state_dir: /from/file, http_address: 127.0.0.1:3}\n"
      "collector: {address: other:4}\n"
      "sources: [{name: app, root: /app, topic: '{agent}'}]\n");
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->collectors, std::vector<std::string>{"[::1]:1"});
  EXPECT_EQ(options->state_dir, "/from/flag");
  EXPECT_EQ(options->id, "from-flag");
  EXPECT_EQ(options->http_address.ToString(), "127.0.0.1:2");
  EXPECT_TRUE(options->http_required);
  std::vector<std::string> sources;
  for (const auto& source : options->sources) {
    sources.push_back(StrCat(source->options().name, " ", source->options().root));
  }
  EXPECT_THAT(sources, ElementsAre("app /app", StrCat("nginx ", Path("logs/nginx")), "root /"));
  EXPECT_EQ(options->sources[0]->TopicOf("/app/a.log"), "from-flag");
}

TEST_F(AgentOptionsTest, RelativeDirectoriesAreTakenFromWhereItIsStarted) {
  std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(directory_);
  flags_.directories = {"logs/nginx/.."};
  absl::StatusOr<AgentOptions> options = Load();
  std::filesystem::current_path(before);
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_TRUE(std::filesystem::equivalent(options->sources[0]->options().root, Path("logs")));
  EXPECT_EQ(options->sources[0]->options().name, "logs");
}

TEST_F(AgentOptionsTest, ReadsLimitsAndHowTheProcessIsScheduled) {
  absl::StatusOr<AgentOptions> options = Load(
      "agent: {cpu_limit: 12.5%, nice: -5, ionice: 'best-effort:6', close_idle: 90s}\n"
      "limits: {bytes_per_second: 10MiB, lines_per_second: 5000}\n"
      "sources: [{name: a, root: /a, limits: {lines_per_second: 7}}, {name: b, root: /b}]\n");
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->cpu_limit, 0.125);
  EXPECT_EQ(options->priority.nice, -5);
  EXPECT_EQ(options->priority.ionice, (IoPriority{.idle = false, .level = 6}));
  EXPECT_EQ(options->close_idle, absl::Seconds(90));
  EXPECT_EQ(options->limits, (RateLimit{.bytes_per_second = 10 << 20, .lines_per_second = 5000}));
  EXPECT_EQ(options->sources[0]->options().limits, (RateLimit{.lines_per_second = 7}));
  EXPECT_FALSE(options->sources[1]->options().limits.any());
}

TEST_F(AgentOptionsTest, WhatStandsInConfDIsPartOfTheFile) {
  std::filesystem::create_directories(Path("conf.d"));
  std::ofstream(Path("conf.d/20.yaml")) << "sources: [{name: c, root: /c}]\n";
  std::ofstream(Path("conf.d/10.yaml"))
      << "checkpoint: {interval: 5s}\nagent: {window: 2MiB}\nsources:\n- {name: b, root: /b}\n";
  absl::StatusOr<AgentOptions> options = Load("agent: {id: x}\nsources: [{name: a, root: /a}]\n");
  ASSERT_TRUE(options.ok()) << options.status();
  std::vector<std::string> names;
  for (const auto& source : options->sources) names.push_back(source->options().name);
  EXPECT_THAT(names, ElementsAre("a", "b", "c"));
  EXPECT_EQ(options->checkpoint_interval, absl::Seconds(5));
  EXPECT_EQ(options->window_bytes, 2 << 20);
  EXPECT_EQ(options->id, "x");
  EXPECT_TRUE(Load("").ok()) << "sources of conf.d are enough";
}

TEST_F(AgentOptionsTest, AValueThatTwoFilesGiveIsAnErrorWithBothPlaces) {
  std::filesystem::create_directories(Path("conf.d"));
  std::ofstream(Path("conf.d/10.yaml"))
      << "agent:\n  id: y\nsources:\n- {name: a, root: /other}\n- {name: b, rooot: /b}\n";
  const std::string problem = Problem("agent: {id: x}\nsources: [{name: a, root: /a}]\n");
  EXPECT_THAT(problem, AllOf(HasSubstr("/conf.d/10.yaml:2: agent.id: found here, and also in FILE:1"),
                             HasSubstr("/conf.d/10.yaml:4: sources[1].name: found \"a\" twice, first in FILE:2"),
                             HasSubstr("/conf.d/10.yaml:5: sources[2].rooot: unknown key; did you mean \"root\"?")));
  std::ofstream(Path("conf.d/10.yaml")) << "sources: {name: a}\n";
  EXPECT_THAT(Problem("sources: [{name: a, root: /a}]\n"),
              HasSubstr("10.yaml:1: sources: found here, and also in FILE:1"));
}

TEST_F(AgentOptionsTest, StandardInputIsNoDirectory) {
  flags_.directories = {"-"};
  absl::StatusOr<AgentOptions> options = Load();
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_TRUE(options->once) << "it ends with what is piped in";
  EXPECT_TRUE(options->sources.empty());
  ASSERT_NE(options->standard_input, nullptr);
  EXPECT_EQ(options->standard_input->TopicOf("stdin"), "stdin");
  EXPECT_TRUE(options->id.ends_with("-stdin")) << "it runs beside the host's own agent: " << options->id;
  EXPECT_TRUE(options->state_dir.ends_with("-stdin")) << options->state_dir;
  flags_.directories = {Path("logs"), "-"};
  EXPECT_FALSE(Load()->once);
  flags_.once = true;
  flags_.once_timeout = "5s";
  EXPECT_TRUE(Load()->once);
  EXPECT_EQ(Load()->once_timeout, absl::Seconds(5));
  flags_.once_timeout = "5";
  EXPECT_THAT(Load().status().ToString(), HasSubstr("--once-timeout: found"));
}

TEST_F(AgentOptionsTest, CertificatesAreLookedAt) {
  auto tls = [this](std::string_view ca, std::string_view cert, std::string_view key) {
    const std::string base = std::filesystem::absolute("agent/ship/testdata/").string();
    return Problem(StrCat("collector:\n  tls:\n    ca: ", base, ca, "\n    cert: ", base, cert, "\n    key: ", base,
                          key, "\nsources: [{name: a, root: /a}]\n"));
  };
  EXPECT_EQ(tls("ca.pem", "client.pem", "client.key"), "none");
  EXPECT_THAT(tls("client.key", "client.pem", "client.key"),
              HasSubstr("FILE:3: collector.tls.ca: found no certificate"));
  EXPECT_THAT(tls("ca.pem", "client.pem", "server.key"),
              HasSubstr("FILE:4: collector.tls.cert: the key does not belong to the certificate"));
  EXPECT_THAT(tls("ca.pem", "client.pem", "none.key"), HasSubstr("FILE:5: collector.tls.key: "));
}

TEST_F(AgentOptionsTest, AReloadKeepsTheIdAndTellsWhatNeedsARestart) {
  absl::StatusOr<AgentOptions> running = Load("agent: {id: a}\nsources: [{name: a, root: /a, topic: '{agent}'}]");
  ASSERT_TRUE(running.ok());
  std::ofstream(flags_.config) << "agent: {id: b, nice: 3}\ncollector: {address: other:1}\ncheckpoint: {interval: 2s}\n"
                                  "sources: [{name: a, root: /a, topic: '{agent}'}]";
  absl::StatusOr<AgentOptions> wanted = LoadAgentOptions(flags_, running->id);
  ASSERT_TRUE(wanted.ok()) << wanted.status();
  EXPECT_EQ(wanted->sources[0]->TopicOf("/a/x.log"), "a") << "the id is another one only after a restart";
  EXPECT_THAT(NeedRestart(*running, *wanted), ElementsAre("agent.id", "agent.nice", "collector.address"));
  EXPECT_THAT(NeedRestart(*running, *running), ::testing::IsEmpty());
}

struct Case {
  std::string_view yaml;
  std::string_view problem;
};

constexpr std::string_view kSource = "sources:\n  - name: a\n    root: /a\n    ";

TEST_F(AgentOptionsTest, SaysWhereWhatWasFoundAndWhatIsAllowed) {
  const Case cases[] = {
      {"sources: [{root: /a}]", "FILE:1: sources[0].name: a source needs a name"},
      {"sources: [{name: a}]", "FILE:1: sources[0].root: a source needs the directory that it watches"},
      {"sources:\n- name: a\n  root: var/log", "FILE:3: sources[0].root: found \"var/log\"; expected an absolute path"},
      {"sources:\n- {name: a, root: /a}\n- {name: a, root: /b}", "FILE:3: sources[1].name: found \"a\" twice"},
      {"sources: {name: a}", "FILE:1: sources: found a mapping; expected a list of mappings"},
      {"agent:\n  id: 'my host'", "FILE:2: agent.id: found \"my host\"; an agent's id has 1 to 128 letters"},
      {"agent: {id: ''}", "FILE:1: agent.id: found \"\"; an agent's id"},
      {"agent: {state_dir: ''}", "FILE:1: agent.state_dir: found \"\"; expected a path"},
      {"agent:\n  http_address: 0.0.0.0:7072", "FILE:2: agent.http_address: refusing to listen on 0.0.0.0:7072"},
      {"sources:\n- name: a\n  root: /a\n  include: ['*.log', './a.log']",
       "FILE:4: sources[0].include: found \"./a.log\"; globs are relative to the root"},
      {"sources: [{name: a, root: /a, exclude: [/a/b]}]", "sources[0].exclude: found \"/a/b\"; globs are relative"},
      {"sources: [{name: a, root: /a, include: []}]", "sources[0].include: an empty list matches nothing"},
      {"agent: {http_address: '7072'}", "FILE:1: agent.http_address: found \"7072\"; expected HOST:PORT"},
      {"agent: {window: 1KiB}", "FILE:1: agent.window: found \"1KiB\"; expected a size from 1MiB to 1GiB"},
      {"agent: {max_line_bytes: 2MiB}",
       "FILE:1: agent.max_line_bytes: found \"2MiB\"; expected a size from 1KiB to 1MiB"},
      {"agent: {insecure: yes}", "FILE:1: agent.insecure: found \"yes\"; expected true or false"},
      {"agent: {cpu_limit: 50}", "FILE:1: agent.cpu_limit: found \"50\"; expected percent of one core, such as 50%"},
      {"agent: {cpu_limit: 0%}", "FILE:1: agent.cpu_limit: found \"0%\""},
      {"agent: {nice: 20}", "FILE:1: agent.nice: found \"20\"; expected a whole number from -20 to 19"},
      {"agent: {ionice: high}", "FILE:1: agent.ionice: found \"high\"; expected idle, or best-effort:0"},
      {"agent: {close_idle: 0s}", "FILE:1: agent.close_idle: found \"0s\"; expected a duration from 1s"},
      {"limits: {lines_per_second: 0}", "FILE:1: limits.lines_per_second: found \"0\"; expected a whole number"},
      {"limits: {bytes_per_second: many}", "FILE:1: limits.bytes_per_second: found \"many\"; expected a size"},
      {"collector: {address: 'host:port'}", "FILE:1: collector.address: found \"host:port\"; expected a port"},
      {"collector: {tls: {cert: /a.pem}}", "FILE:1: collector.tls.cert: cert and key go together"},
      {"collector: {tls: {key: /a.pem}}", "cert and key go together"},
      {"checkpoint: {interval: 1ms}",
       "FILE:1: checkpoint.interval: found \"1ms\"; expected a duration from 10ms to 1h"},
      {"checkpoint: {records: 0}",
       "FILE:1: checkpoint.records: found \"0\"; expected a whole number from 1 to 1000000000"},
  };
  for (const Case& c : cases) EXPECT_THAT(Problem(c.yaml), HasSubstr(c.problem)) << c.yaml;
}

TEST_F(AgentOptionsTest, SaysWhatIsWrongWithASource) {
  const Case cases[] = {
      {"parser: jason",
       "FILE:4: sources[0].parser: found \"jason\"; expected one of auto, json, logfmt, w3c, syslog, klog, "
       "plain, regex, glog, docker-json, cri; did you mean \"json\"?"},
      {"parser: regex", "FILE:4: sources[0].parser: found \"regex\" without a pattern; add pattern: …"},
      {"pattern: x", "FILE:4: sources[0].pattern: belongs to parser: regex only"},
      {"parser: json\n    fields: some", "FILE:5: sources[0].fields: found \"some\"; expected one of all, none"},
      {"parser: json\n    fields: []",
       "FILE:5: sources[0].fields: found an empty list; name the fields that are wanted"},
      {"parser: json\n    fields: [a, '']", "FILE:5: sources[0].fields: found \"\"; a field's name has 1 to 256 bytes"},
      {"parser: plain\n    fields: all", "FILE:5: sources[0].fields: parser: plain finds none"},
      {"parser: json\n    severity_from_status: true",
       "FILE:5: sources[0].severity_from_status: belongs to parser: w3c and auto only"},
      {"parser: regex\n    pattern: '(x'", "FILE:5: sources[0].pattern: "},
      {"parser: syslog\n    time_zone: Europe/Berlim",
       "FILE:5: sources[0].time_zone: found \"Europe/Berlim\"; it is no time zone that this host knows"},
      {"time_zone: ''", "FILE:4: sources[0].time_zone: found \"\"; it is no time zone"},
      {"include: ['[']", "FILE:4: sources[0].include: "},
      {"include: a.log", "FILE:4: sources[0].include: found \"a.log\"; expected a list"},
      {"exclude: ['']", "FILE:4: sources[0].exclude: "},
      {"topic: '{host}'", "FILE:4: sources[0].topic: unknown field {host}; allowed: {dir}, {file}, {source}, {agent}"},
      {"topic: 'a/b'", "FILE:4: sources[0].topic: found '/' at character 2"},
      {"topic: '{dir'", "FILE:4: sources[0].topic: '{' at character 1 is not closed"},
      {"start_at: now", "FILE:4: sources[0].start_at: found \"now\"; expected one of beginning, end"},
      {"labels: [a]", "FILE:4: sources[0].labels: found a list; expected a mapping"},
      {"lables: {}", "FILE:4: sources[0].lables: unknown key; did you mean \"labels\"? (allowed: "},
  };
  for (const Case& c : cases) {
    EXPECT_THAT(Problem(StrCat(kSource, c.yaml)), HasSubstr(c.problem)) << c.yaml;
  }
}

TEST_F(AgentOptionsTest, SaysEveryProblemOnce) {
  EXPECT_THAT(Problem("agnet: {}\n"
                      "agent: {ID: a}\n"
                      "sources:\n"
                      "- {name: a, root: /a, parser: regex}\n"),
              AllOf(HasSubstr("FILE:1: agnet: unknown key; did you mean \"agent\"?"),
                    HasSubstr("\nFILE:2: agent.ID: unknown key; did you mean \"id\"?"),
                    HasSubstr("\nFILE:4: sources[0].parser: found \"regex\" without a pattern")));
  std::string twice = Problem("sources: [{name: a, root: /a, parser: regex}]");
  EXPECT_EQ(twice.find('\n'), std::string::npos) << twice;
}

TEST_F(AgentOptionsTest, NeedsSomethingToWatch) {
  EXPECT_THAT(Load().status().ToString(), HasSubstr("nothing to watch: name a directory"));
  EXPECT_THAT(Problem("agent: {id: a}"), HasSubstr("nothing to watch"));
  EXPECT_THAT(Problem("sources:"), HasSubstr("nothing to watch"));
}

TEST_F(AgentOptionsTest, ADirectoryThatSomebodyNamesMustBeThere) {
  std::ofstream(Path("a.log")) << "line\n";
  flags_.directories = {Path("a.log")};
  EXPECT_THAT(Load().status().ToString(), HasSubstr("/a.log: is no directory; give the one it is in"));
  flags_.directories = {Path("lgos")};
  EXPECT_THAT(Load().status().ToString(), AllOf(HasSubstr("/lgos: No such file"), HasSubstr("expected a directory")));
  EXPECT_EQ(Load().status().code(), absl::StatusCode::kInvalidArgument);
  flags_.directories = {};
  EXPECT_TRUE(Load("sources: [{name: a, root: /made/later}]").ok());
}

TEST_F(AgentOptionsTest, NamesTheFlagThatIsWrong) {
  flags_.directories = {Path("logs")};
  flags_.id = "a b";
  EXPECT_THAT(Load().status().ToString(), HasSubstr("--id: found \"a b\"; an agent's id"));
  flags_.id.clear();
  flags_.collector = "host";
  EXPECT_THAT(Load().status().ToString(), HasSubstr("--collector: found \"host\"; expected HOST:PORT"));
  flags_.collector.clear();
  flags_.http_address = ":80";
  EXPECT_THAT(Load().status().ToString(), HasSubstr("--http-address: found \":80\"; expected a host"));
}

TEST_F(AgentOptionsTest, NamesAConfigurationThatIsNotThereOrNoYaml) {
  flags_.config = Path("none.yaml");
  EXPECT_EQ(Load().status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(Load().status().ToString(), HasSubstr(Path("none.yaml")));
  EXPECT_THAT(Problem("a: [\n"), HasSubstr("FILE:"));
}

TEST_F(AgentOptionsTest, ListensBeyondLoopbackOnlyWhenToldThatItMay) {
  flags_.directories = {Path("logs")};
  flags_.http_address = "0.0.0.0:7072";
  absl::Status refused = Load().status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(refused.ToString(), HasSubstr("refusing to listen on 0.0.0.0:7072 without TLS"));
  EXPECT_TRUE(Load("agent: {insecure: true}").ok());
  flags_.insecure = true;
  EXPECT_TRUE(Load("agent: {insecure: false}").ok());
}

}  // namespace
}  // namespace sluice::agent
