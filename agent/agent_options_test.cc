#include "agent/agent_options.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

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
  tls: {ca: /ca.pem, cert: /cert.pem, key: /key.pem}
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
  EXPECT_EQ(StrCat(options->tls.ca, options->tls.cert, options->tls.key), "/ca.pem/cert.pem/key.pem");
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
      {"agent: {http_address: '7072'}", "FILE:1: agent.http_address: found \"7072\"; expected HOST:PORT"},
      {"agent: {window: 1KiB}", "FILE:1: agent.window: found \"1KiB\"; expected a size from 1MiB to 1GiB"},
      {"agent: {max_line_bytes: 2MiB}",
       "FILE:1: agent.max_line_bytes: found \"2MiB\"; expected a size from 1KiB to 1MiB"},
      {"agent: {insecure: yes}", "FILE:1: agent.insecure: found \"yes\"; expected true or false"},
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
