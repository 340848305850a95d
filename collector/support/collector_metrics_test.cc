#include "collector/support/collector_metrics.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "prometheus/text_serializer.h"

namespace sluice::collector {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string Scrape(const prometheus::Registry& registry) {
  return prometheus::TextSerializer().Serialize(registry.Collect());
}

TEST(CollectorMetricsTest, CountsRecordsByTopicAndRangeOfSeverity) {
  prometheus::Registry registry;
  CollectorMetrics metrics(&registry);
  metrics.OfTopic("app").records[SeverityRange(17)]->Increment(3);
  metrics.OfTopic("app").bytes->Increment(100);
  std::string text = Scrape(registry);
  EXPECT_THAT(text, HasSubstr("sluice_collector_records_total{severity=\"error\",topic=\"app\"} 3"));
  EXPECT_THAT(text, HasSubstr("sluice_collector_bytes_total{topic=\"app\"} 100"));
}

TEST(CollectorMetricsTest, PutsEverySeverityIntoItsRange) {
  const size_t expected[] = {0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 6, 6, 6, 6, 6};
  for (size_t severity = 0; severity < std::size(expected); ++severity) {
    EXPECT_EQ(SeverityRange(severity), expected[severity]) << severity;
  }
  EXPECT_EQ(SeverityRange(~uint64_t{0}), 6);
}

TEST(CollectorMetricsTest, ForgetsAnAgent) {
  prometheus::Registry registry;
  CollectorMetrics metrics(&registry);
  prometheus::Gauge* seen = metrics.NewAgentLastSeen("web-1");
  seen->Set(1.5);
  EXPECT_THAT(Scrape(registry), HasSubstr("sluice_collector_agent_last_seen_timestamp_seconds{agent=\"web-1\"} 1.5"));
  metrics.RemoveAgentLastSeen(seen);
  EXPECT_THAT(Scrape(registry), Not(HasSubstr("web-1")));
}

}  // namespace
}  // namespace sluice::collector
