#include "consumer/monitor/access/access_options.h"

#include "base/glob.h"
#include "base/status.h"
#include "base/strings.h"
#include "base/text.h"

namespace sluice::monitor {
namespace {

void CheckGlobs(const ConfigNode& node, std::string_view key, const std::vector<std::string>& globs, Glob::Kind kind) {
  for (const std::string& glob : globs) {
    const absl::Status status = Glob::Compile(glob, kind).status();
    if (!status.ok()) node.Fail(key, StrCat("found ", Quoted(glob), "; ", MessageOf(status)));
  }
}

LatencyUnit UnitFromText(std::string_view text) {
  if (text == "s") return LatencyUnit::kSeconds;
  if (text == "ms") return LatencyUnit::kMillis;
  if (text == "us") return LatencyUnit::kMicros;
  if (text == "ns") return LatencyUnit::kNanos;
  return LatencyUnit::kAuto;
}

}  // namespace

AccessOptions ReadAccessOptions(const ConfigNode& statistics) {
  AccessOptions options;
  options.enabled = statistics.Bool("enabled", options.enabled);
  options.topics = statistics.Strings("topics", {});
  options.paths = statistics.Strings("paths", options.topics.empty() ? options.paths : std::vector<std::string>());
  CheckGlobs(statistics, "topics", options.topics, Glob::Kind::kTopic);
  CheckGlobs(statistics, "paths", options.paths, Glob::Kind::kPath);
  options.interval = statistics.Duration("interval", options.interval, absl::Seconds(1), absl::Hours(1));
  if (options.interval != absl::Trunc(options.interval, absl::Seconds(1))) {
    statistics.Fail("interval", StrCat("found ", DurationToText(options.interval), "; expected whole seconds"));
  }
  options.sections = static_cast<size_t>(statistics.Int("sections", 10, 1, 1000));
  options.latency.name = statistics.String("latency_field", "");
  options.latency.unit = UnitFromText(statistics.Choice("latency_unit", "auto", {"auto", "s", "ms", "us", "ns"}));
  return options;
}

}  // namespace sluice::monitor
