#include "collector/route/route_config.h"

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/severity.h"
#include "base/status.h"
#include "base/strings.h"
#include "collector/log/batch_view.h"
#include "collector/route/route.h"

namespace sluice::collector {
namespace {

constexpr size_t kRoutesMax = 1'000;
constexpr size_t kCopiesMax = 16;
constexpr size_t kNameBytesMax = 100;
constexpr uint64_t kLineBytesMin = 1 << 10;
constexpr uint64_t kLineBytesMax = 1 << 30;

RouteMatch ReadMatch(const ConfigNode& node) {
  RouteMatch match;
  match.topic = node.String("topic", "");
  match.path = node.String("path", "");
  match.agent = node.String("agent", "");
  match.source = node.String("source", "");
  match.labels = node.StringMap("labels");
  match.regex = node.String("regex", "");
  const std::string severity = node.String("severity", "");
  match.min_severity = SeverityFromText(severity);
  if (!severity.empty() && match.min_severity == v1::SEVERITY_UNSPECIFIED) {
    node.Fail("severity", StrCat("found \"", severity, "\"; expected trace, debug, info, warn, error or fatal"));
  }
  return match;
}

// The first key of `path` ("match.regex", "copy_to[0]") below `route`.
void FailAt(const ConfigNode& route, std::string_view key, std::string_view problem) {
  for (std::string_view match_key : {"topic", "path", "agent", "source", "labels", "regex"}) {
    if (key != StrCat("match.", match_key)) continue;
    return route.Map("match").Fail(match_key, problem);
  }
  route.Fail(key, problem);
}

// Everything of one pattern after the other, so that each error stands at its key.
void CheckPatterns(const ConfigNode& node, const RouteOptions& options) {
  const auto check = [&](std::string_view key, const RouteOptions& only) {
    const absl::StatusOr<Route> route = Route::Compile(only, "dead-letter");
    if (!route.ok()) FailAt(node, key, MessageOf(route.status()));
  };
  const RouteMatch& match = options.match;
  check("match.topic", {.name = "", .match = {.topic = match.topic}});
  check("match.path", {.name = "", .match = {.path = match.path}});
  check("match.agent", {.name = "", .match = {.agent = match.agent}});
  check("match.source", {.name = "", .match = {.source = match.source}});
  check("match.labels", {.name = "", .match = {.labels = match.labels}});
  check("match.regex", {.name = "", .match = {.regex = match.regex}});
  check("topic", {.name = "", .match = {}, .topic = options.topic});
  check("copy_to", {.name = "", .match = {}, .copy_to = options.copy_to});
}

RouteOptions ReadRoute(const ConfigNode& node, size_t index) {
  RouteOptions route;
  route.name = node.String("name", StrCat("route-", index + 1));
  route.match = ReadMatch(node.Map("match"));
  route.topic = node.String("topic", "");
  route.copy_to = node.Strings("copy_to", {});
  route.drop = node.Bool("drop", false);
  if (route.name.empty() || route.name.size() > kNameBytesMax) {
    node.Fail("name", StrCat("has ", route.name.size(), " characters; expected 1 to ", kNameBytesMax));
  }
  if (node.Has("topic") && route.topic.empty()) node.Fail("topic", "found \"\"; expected a topic or a template");
  if (route.copy_to.size() > kCopiesMax) {
    node.Fail("copy_to", StrCat("found ", route.copy_to.size(), " topics; allowed are ", kCopiesMax));
  }
  if (route.drop && (!route.topic.empty() || !route.copy_to.empty())) {
    node.Fail("drop", "found true beside topic or copy_to; what is dropped goes nowhere: leave one of them out");
  } else if (!route.drop && route.topic.empty() && route.copy_to.empty()) {
    node.Fail("topic", StrCat("'", route.name,
                              "' does nothing; expected topic, copy_to or drop: true (topic: \"{topic}\" keeps "
                              "records from the routes behind it)"));
  }
  CheckPatterns(node, route);
  return route;
}

void ReadDeadLetters(const ConfigNode& node, DeadLetterOptions* options) {
  options->topic = node.String("topic", options->topic);
  if (absl::Status legal = CheckTopicName(options->topic); !legal.ok()) node.Fail("topic", MessageOf(legal));
  if (node.Has("line_bytes")) options->line_bytes_max = node.Bytes("line_bytes", 0, kLineBytesMin, kLineBytesMax);
  options->split_oversize = node.Choice("oversize", "split", {"split", "dead-letter"}) == "split";
  options->refused = node.Choice("refused", "dead-letter", {"dead-letter", "wait"}) == "dead-letter";
  options->no_topic = node.Choice("no_topic", "wait", {"wait", "dead-letter"}) == "dead-letter";
  options->retries = static_cast<int>(node.Int("retries", options->retries, 0, 1'000));
}

}  // namespace

RoutingOptions ReadRouting(const ConfigNode& root) {
  RoutingOptions options;
  ReadDeadLetters(root.Map("dead_letters"), &options.dead_letters);
  const std::vector<ConfigNode> nodes = root.Maps("routes");
  if (nodes.size() > kRoutesMax) {
    root.Fail("routes", StrCat("found ", nodes.size(), " routes; allowed are ", kRoutesMax));
    return options;
  }
  std::set<std::string> names;
  for (const ConfigNode& node : nodes) {
    RouteOptions route = ReadRoute(node, options.routes.size());
    if (!names.insert(route.name).second) node.Fail("name", StrCat("found '", route.name, "' twice; names are unique"));
    options.routes.push_back(std::move(route));
  }
  return options;
}

}  // namespace sluice::collector
