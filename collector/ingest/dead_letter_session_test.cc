// The way of a refused batch to the dead letters, over a stream.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "collector/ingest/push_session.h"
#include "collector/testing/gated_log.h"
#include "collector/testing/push_stream.h"
#include "collector/testing/test_log.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "prometheus/registry.h"

namespace sluice::collector {
namespace {

using ::testing::HasSubstr;
using testing::MakeBatch;
using testing::PushStream;

class DeadLetterSessionTest : public ::testing::Test {
 protected:
  ~DeadLetterSessionTest() override {
    log_.Open();
    storage_.get()->Stop();
    executor_.Stop();
  }

  uint64_t RecordsIn(std::string_view topic) {
    for (const TopicInfo& info : storage_.get()->Topics()) {
      if (info.name == topic) return info.records;
    }
    return 0;
  }
  uint64_t Watermark() {
    const auto watermarks = storage_.get()->Watermarks("web-1");
    return watermarks.ok() && watermarks->size() == 1 ? watermarks->front().end_offset() : 0;
  }
  // Sends the batch, of which the log refuses what `refused` says.
  v1::Ack Push(PushStream* stream, const v1::LogBatch& batch, const std::vector<bool>& refused) {
    log_.Close();
    stream->SendBatches(++sequence_, {batch});
    std::vector<AppendResult> results;
    for (bool refuse : refused) {
      results.push_back(refuse ? AppendResult{AppendResult::Outcome::kRejected, absl::InvalidArgumentError("too odd")}
                               : AppendResult{AppendResult::Outcome::kStored, absl::OkStatus()});
    }
    log_.AnswerOne(std::move(results));
    return stream->Receive().ack();
  }

  testing::TestLog storage_;
  testing::GatedLog log_{storage_.get()};
  prometheus::Registry registry_;
  CollectorMetrics metrics_{&registry_};
  AgentSessions sessions_{100, SystemClock(), &metrics_};
  IngestBudget budget_{1 << 20};
  Executor executor_{2};
  IngestContext context_{.log = &log_,
                         .dead_letters = {.retries = 1},
                         .sessions = &sessions_,
                         .budget = &budget_,
                         .executor = &executor_,
                         .metrics = &metrics_,
                         .clock = SystemClock(),
                         .limits = {}};
  uint64_t sequence_ = 0;
};

TEST_F(DeadLetterSessionTest, OnlyTheRecordThatTheLogWillNotTakeBecomesADeadLetter) {
  PushStream stream(&context_);
  stream.SendHello();
  stream.ReceiveWelcome();
  const v1::LogBatch batch = MakeBatch({.lines = 3, .line_bytes = 10});
  // Refused as a whole, twice; then record by record, of which the log refuses the second one and what is behind it.
  for (int i = 0; i < 2; ++i) {
    const v1::Ack ack = Push(&stream, batch, {true});
    ASSERT_EQ(ack.rejections_size(), 1);
    EXPECT_EQ(ack.rejections(0).code(), static_cast<int>(absl::StatusCode::kAborted));
    EXPECT_THAT(ack.rejections(0).reason(), HasSubstr("too odd; it is tried again, and becomes a dead letter"));
  }
  EXPECT_GT(Push(&stream, batch, {false, true, true}).rejections_size(), 0);
  log_.Open();
  // What follows it is held back meanwhile.
  stream.SendBatches(++sequence_, {MakeBatch({.first_offset = 30, .line_bytes = 10})});
  EXPECT_EQ(stream.Receive().ack().rejections_size(), 1);
  // The dead letters are a new topic: what is behind it waits once more, until it is sure that it is taken.
  int tries = 0;
  do {
    stream.SendBatches(++sequence_, {batch});
    ASSERT_LT(++tries, 5);
  } while (stream.Receive().ack().rejections_size() != 0);
  EXPECT_EQ(RecordsIn("dead-letter"), 1);
  EXPECT_EQ(RecordsIn("app"), 2);
  EXPECT_EQ(Watermark(), 30);
  stream.SendBatches(++sequence_, {MakeBatch({.first_offset = 30, .line_bytes = 10})});
  EXPECT_EQ(stream.Receive().ack().rejections_size(), 0);
  EXPECT_EQ(RecordsIn("app"), 3);
}

}  // namespace
}  // namespace sluice::collector
