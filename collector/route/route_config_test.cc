#include "collector/route/route_config.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::collector {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

absl::StatusOr<RoutingOptions> Read(std::string_view yaml) {
  absl::StatusOr<ConfigFile> file = ConfigFile::Parse(yaml, "c.yaml");
  if (!file.ok()) return file.status();
  RoutingOptions options = ReadRouting(file->root());
  absl::Status status = file->Finish();
  if (!status.ok()) return status;
  return options;
}

std::string ErrorOf(std::string_view yaml) {
  const absl::StatusOr<RoutingOptions> options = Read(yaml);
  return options.ok() ? "none" : std::string(options.status().message());
}

TEST(RouteConfigTest, ReadsEveryKey) {
  const absl::StatusOr<RoutingOptions> options = Read(R"(
dead_letters: {topic: rejects}
routes:
  - name: errors
    match: {topic: "shop.*", path: "/var/**", agent: "web-*", source: app, labels: {env: prod}, severity: warning, regex: "x+"}
    topic: "{topic}.errors"
    copy_to: [critical, "{label.env}"]
  - match: {topic: health}
    drop: true
)");
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->dead_letters.topic, "rejects");
  ASSERT_EQ(options->routes.size(), 2u);
  const RouteOptions& route = options->routes[0];
  EXPECT_EQ(route.name, "errors");
  EXPECT_EQ(route.match.topic, "shop.*");
  EXPECT_EQ(route.match.path, "/var/**");
  EXPECT_EQ(route.match.agent, "web-*");
  EXPECT_EQ(route.match.source, "app");
  EXPECT_THAT(route.match.labels, ElementsAre(Pair("env", "prod")));
  EXPECT_EQ(route.match.min_severity, v1::SEVERITY_WARN);
  EXPECT_EQ(route.match.regex, "x+");
  EXPECT_EQ(route.topic, "{topic}.errors");
  EXPECT_THAT(route.copy_to, ElementsAre("critical", "{label.env}"));
  EXPECT_EQ(options->routes[1].name, "route-2");
  EXPECT_TRUE(options->routes[1].drop);
}

TEST(RouteConfigTest, HasNoRoutesByDefault) {
  const absl::StatusOr<RoutingOptions> options = Read("");
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_TRUE(options->routes.empty());
  EXPECT_EQ(options->dead_letters.topic, "dead-letter");
}

TEST(RouteConfigTest, TellsWhereARouteIsWrong) {
  const struct {
    const char* yaml;
    const char* error;
  } kCases[] = {
      {"routes:\n  - {drop: true, topic: x}", "c.yaml:2: routes[0].drop: found true beside topic or copy_to"},
      {"routes:\n  - {match: {topic: a}}", "'route-1' does nothing; expected topic, copy_to or drop: true"},
      {"routes:\n  - {drop: true, match: {\n    regex: \"(\"}}", "c.yaml:3: routes[0].match.regex: "},
      {"routes:\n  - {drop: true, match: {topic: \"[\"}}", "c.yaml:2: routes[0].match.topic: "},
      {"routes:\n  - {drop: true, match: {labels: {a: \"[\"}}}", "c.yaml:2: routes[0].match.labels: "},
      {"routes:\n  - {drop: true, match: {severity: loud}}",
       "routes[0].match.severity: found \"loud\"; expected trace"},
      {"routes:\n  - {topic: \"a/b\"}", "c.yaml:2: routes[0].topic: "},
      {"routes:\n  - {topic: \"\"}", "routes[0].topic: found \"\"; expected a topic"},
      {"routes:\n  - {copy_to: [\"{dir}\"]}", "routes[0].copy_to: copy_to[0]: unknown field {dir}"},
      {"routes:\n  - {name: a, drop: true}\n  - {name: a, drop: true}", "c.yaml:3: routes[1].name: found 'a' twice"},
      {"routes:\n  - {drop: true, match: {tpoic: a}}", "tpoic"},
      {"routes: {drop: true}", "a list of mappings"},
      {"dead_letters: {topic: \"a b\"}", "c.yaml:1: dead_letters.topic: "},
  };
  for (const auto& c : kCases) EXPECT_THAT(ErrorOf(c.yaml), HasSubstr(c.error)) << c.yaml;
}

}  // namespace
}  // namespace sluice::collector
