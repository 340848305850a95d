// Taking an agent over from another collector that may still deliver.
#include <cstdint>
#include <vector>

#include "collector/ingest/push_session.h"
#include "collector/testing/gated_log.h"
#include "collector/testing/push_stream.h"
#include "collector/testing/test_log.h"
#include "gtest/gtest.h"
#include "prometheus/registry.h"

namespace sluice::collector {
namespace {

TEST(TakeoverTest, LooksAgainAsLongAsWhatAnotherCollectorSentArrives) {
  testing::TestLog storage;
  testing::GatedLog log(storage.get());
  prometheus::Registry registry;
  CollectorMetrics metrics(&registry);
  AgentSessions sessions(100, SystemClock(), &metrics);
  IngestBudget budget(4096);
  Executor executor(2);
  const IngestContext context{.log = &log,
                              .sessions = &sessions,
                              .budget = &budget,
                              .executor = &executor,
                              .metrics = &metrics,
                              .clock = SystemClock(),
                              .limits = {}};
  uint64_t looks = 0;
  log.SetTakeover(absl::Milliseconds(1), [&] {
    if (looks++ < 2) storage.Append(testing::MakeBatch({.first_offset = 16 * (looks - 1), .line_bytes = 16}));
  });
  {
    testing::PushStream stream(&context);
    stream.SendHello();
    const std::vector<v1::FileWatermark> files = stream.ReceiveWelcome();
    ASSERT_EQ(files.size(), 1u);
    EXPECT_EQ(files[0].end_offset(), 32u);
    EXPECT_EQ(looks, 4u);
  }
  storage.get()->Stop();
  executor.Stop();
}

}  // namespace
}  // namespace sluice::collector
