// What every EventLog must do with a batch that comes in parts.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "collector/log/contract_test_suite.h"
#include "collector/log/testing_log.h"
#include "gmock/gmock.h"

namespace sluice::collector {
namespace {

using testing::AppendAll;
using testing::Cut;
using ::testing::ElementsAre;
using testing::InParts;
using ::testing::IsEmpty;
using testing::MakeBatch;
using testing::Names;
using testing::Pend;
using testing::ReadFrom;
using Outcome = AppendResult::Outcome;

// "topic:offset" of each record.
std::vector<std::string> Records(EventLog& log) {
  std::vector<std::string> records;
  for (const StoredBatch& stored : ReadFrom(log, log.Begin())) {
    v1::LogBatch batch;
    EXPECT_TRUE(batch.ParseFromArray(stored.bytes.view().data(), static_cast<int>(stored.bytes.size())));
    for (const v1::LogRecord& record : batch.records()) {
      records.push_back(batch.topic() + ":" + std::to_string(record.offset()));
    }
  }
  return records;
}

void ExpectRecords(LogUnderTest& storage, std::vector<std::string> expected) {
  std::vector<std::string> found = Records(storage.log());
  if (!storage.keeps_batches()) {  // the order of topics is nobody's
    std::sort(found.begin(), found.end());
    std::sort(expected.begin(), expected.end());
  }
  EXPECT_EQ(found, expected);
}

uint64_t Watermark(EventLog& log) {
  const auto watermarks = log.Watermarks("web-1");
  EXPECT_TRUE(watermarks.ok()) << watermarks.status();
  return watermarks.ok() && watermarks->size() == 1 ? watermarks->front().end_offset() : 0;
}

TEST_P(EventLogContractTest, StoresThePartsOfABatchInItsPlaceWithOneWatermark) {
  const v1::LogBatch batch = MakeBatch({.topic = "app", .lines = 4, .line_bytes = 10});
  const PendingBatch pending =
      InParts(batch, {Cut(batch, "left", 0, 1), Cut(batch, "right", 1, 4), Cut(batch, "copy", 0, 4)});
  for (int round = 0; round < 2; ++round) {
    const std::vector<AppendResult> results = AppendAll(log(), {pending});
    EXPECT_EQ(results.front().outcome, round == 0 ? Outcome::kStored : Outcome::kDuplicate);
    ExpectRecords(storage(), {"left:0", "right:10", "right:20", "right:30", "copy:0", "copy:10", "copy:20", "copy:30"});
    EXPECT_EQ(Watermark(log()), 40u);
    storage().Reopen();
  }
}

TEST_P(EventLogContractTest, MovesTheWatermarkOfABatchOfWhichNothingIsStored) {
  const v1::LogBatch batch = MakeBatch({.lines = 2, .line_bytes = 10});
  EXPECT_EQ(AppendAll(log(), {InParts(batch, {})}).front().outcome, Outcome::kStored);
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(Watermark(log()), 20u);
    EXPECT_THAT(ReadFrom(log(), log().Begin()), IsEmpty());
    EXPECT_THAT(log().Topics(), IsEmpty());
    storage().Reopen();
  }
  EXPECT_EQ(AppendAll(log(), {Pend(batch)}).front().outcome, Outcome::kDuplicate);
  // What comes behind it is stored as ever.
  const v1::LogBatch next = MakeBatch({.first_offset = 20, .lines = 1, .line_bytes = 10});
  EXPECT_EQ(AppendAll(log(), {Pend(next)}).front().outcome, Outcome::kStored);
  EXPECT_THAT(Names(ReadFrom(log(), log().Begin())), ElementsAre("app:20"));
}

TEST_P(EventLogContractTest, StoresOfPartsAcrossTheWatermarkOnlyWhatIsNew) {
  AppendAll(log(), {Pend({.topic = "first", .lines = 2, .line_bytes = 10})});
  const v1::LogBatch batch = MakeBatch({.lines = 4, .line_bytes = 10});
  const PendingBatch pending = InParts(batch, {Cut(batch, "old", 0, 2), Cut(batch, "both", 1, 4)});
  EXPECT_EQ(AppendAll(log(), {pending}).front().outcome, Outcome::kStored);
  ExpectRecords(storage(), {"first:0", "first:10", "both:20", "both:30"});
  EXPECT_EQ(Watermark(log()), 40u);
}

TEST_P(EventLogContractTest, StoresNoPartIfOneIsRefused) {
  const v1::LogBatch batch = MakeBatch({.lines = 2, .line_bytes = 10});
  PendingBatch pending = InParts(batch, {Cut(batch, "good", 0, 1), Cut(batch, "bad", 1, 2)});
  pending.parts->back().view.topic = "a/b";
  const PendingBatch other = Pend({.topic = "other", .inode = 2, .lines = 1, .line_bytes = 10});
  const std::vector<AppendResult> results = AppendAll(log(), {pending, other});
  EXPECT_EQ(results[0].outcome, Outcome::kRejected);
  EXPECT_EQ(results[0].rejection.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(results[1].outcome, Outcome::kStored);
  EXPECT_THAT(Names(ReadFrom(log(), log().Begin())), ElementsAre("other:0"));
  EXPECT_EQ(AppendAll(log(), {Pend(batch)}).front().outcome, Outcome::kStored);
}

TEST_P(EventLogContractTest, RefusesPartsOfAnotherFile) {
  const v1::LogBatch batch = MakeBatch({.lines = 2, .line_bytes = 10});
  const v1::LogBatch other = MakeBatch({.inode = 2, .lines = 2, .line_bytes = 10});
  const AppendResult result = AppendAll(log(), {InParts(batch, {other})}).front();
  EXPECT_EQ(result.outcome, Outcome::kRejected);
  EXPECT_EQ(result.rejection.code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace sluice::collector
