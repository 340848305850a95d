#include "consumer/monitor/access/access_options.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::monitor {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

AccessOptions Read(const std::string& yaml, absl::Status* status) {
  absl::StatusOr<ConfigFile> file = ConfigFile::Parse(yaml, "monitor.yaml");
  EXPECT_TRUE(file.ok()) << file.status();
  AccessOptions options = ReadAccessOptions(file->root().Map("statistics"));
  *status = file->Finish();
  return options;
}

TEST(AccessOptionsTest, HaveDefaults) {
  absl::Status status;
  const AccessOptions options = Read("{}", &status);
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_TRUE(options.enabled);
  EXPECT_THAT(options.topics, IsEmpty());
  EXPECT_THAT(options.paths, ElementsAre("/var/log/access.log"));
  EXPECT_EQ(options.interval, absl::Seconds(10));
  EXPECT_EQ(options.sections, 10u);
}

TEST(AccessOptionsTest, AreRead) {
  absl::Status status;
  const AccessOptions options = Read(
      "statistics: {topics: [web.*], interval: 1m, sections: 25, latency_field: upstream, latency_unit: ms}", &status);
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_THAT(options.topics, ElementsAre("web.*"));
  EXPECT_THAT(options.paths, IsEmpty()) << "with topics, only these";
  EXPECT_EQ(options.interval, absl::Minutes(1));
  EXPECT_EQ(options.sections, 25u);
  EXPECT_EQ(options.latency.name, "upstream");
  EXPECT_EQ(options.latency.unit, LatencyUnit::kMillis);
}

TEST(AccessOptionsTest, SayWhatIsWrong) {
  struct Case {
    const char* yaml;
    const char* problem;
  };
  for (const Case& c : {Case{"statistics: {interval: 1500ms}", "monitor.yaml:1: statistics.interval: found 1500ms"},
                        Case{"statistics: {interval: 0s}", "monitor.yaml:1: statistics.interval"},
                        Case{"statistics: {paths: ['/var/[']}", "monitor.yaml:1: statistics.paths"},
                        Case{"statistics: {sections: 0}", "monitor.yaml:1: statistics.sections"},
                        Case{"statistics: {latency_unit: h}", "monitor.yaml:1: statistics.latency_unit"},
                        Case{"statistics: {intervall: 10s}", "did you mean"}}) {
    absl::Status status;
    Read(c.yaml, &status);
    EXPECT_THAT(std::string(status.message()), HasSubstr(c.problem)) << c.yaml;
  }
}

}  // namespace
}  // namespace sluice::monitor
