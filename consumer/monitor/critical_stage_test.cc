#include "consumer/monitor/critical_stage.h"

#include <string>

#include "consumer/client/testing_batches.h"
#include "consumer/monitor/testing_stage.h"
#include "gtest/gtest.h"

namespace sluice::monitor {
namespace {

TEST(CriticalStageTest, CopiesWhatIsSevereWithItsOrigin) {
  CriticalStage stage{CriticalOptions()};
  FoundThings found;
  ObserveBatch(client::FullBatch(), &stage, &found);
  ASSERT_EQ(found.published.size(), 1);  // an error, and a record of no severity
  EXPECT_EQ(found.published[0].topic, "critical");
  const v1::LogRecord& copy = found.published[0].record;
  EXPECT_EQ(copy.body(), "payment failed");
  EXPECT_EQ(copy.severity(), v1::SEVERITY_ERROR);
  EXPECT_EQ(copy.attributes().at("order"), "A-1029");
  EXPECT_EQ(copy.attributes().at("origin.topic"), "shop.checkout");
  EXPECT_EQ(copy.attributes().at("origin.host"), "web-1.example");
  EXPECT_EQ(copy.attributes().at("origin.service"), "shop");

  FoundThings again;  // the same record has the same identity
  ObserveBatch(client::FullBatch(), &stage, &again);
  EXPECT_EQ(again.published[0].id, found.published[0].id);
}

TEST(CriticalStageTest, CopiesNeitherItsOwnTopicsNorExcludedOnes) {
  CriticalStage stage(CriticalOptions{.exclude = {Glob::Compile("shop.*", Glob::Kind::kTopic).value()}});
  FoundThings found;
  ObserveBatch(client::FullBatch(), &stage, &found);
  for (const std::string_view own : {"alerts", "metrics", "critical", "heartbeats"}) {
    v1::LogBatch batch = client::FullBatch();
    batch.set_topic(std::string(own));
    ObserveBatch(batch, &stage, &found);
  }
  EXPECT_TRUE(found.published.empty());
  stage.Configure({.enabled = false});
  ObserveBatch(client::FullBatch(), &stage, &found);
  EXPECT_TRUE(found.published.empty());
}

}  // namespace
}  // namespace sluice::monitor
