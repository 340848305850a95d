#include "collector/ingest/refusals.h"

#include <string>
#include <vector>

#include "collector/log/testing_batches.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::collector {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const absl::Status kNever = absl::InvalidArgumentError("never");
const absl::Status kFull = absl::ResourceExhaustedError("no topic");

IngestBatch Batch(uint64_t first_offset, uint32_t lines) {
  IngestBatch batch;
  batch.pending = testing::Pend({.first_offset = first_offset, .lines = lines, .line_bytes = 10});
  EXPECT_TRUE(ValidateBatch(batch.pending.view, &batch.by_severity).ok());
  return batch;
}

class RefusalsTest : public ::testing::Test {
 protected:
  // "topic [begin, end)" of each piece.
  std::vector<std::string> Prepare(uint64_t first_offset, uint32_t lines) {
    absl::StatusOr<std::vector<IngestBatch>> pieces = refusals_.Prepare(Batch(first_offset, lines), nullptr);
    EXPECT_TRUE(pieces.ok()) << pieces.status();
    std::vector<std::string> shown;
    uint64_t next = first_offset;
    for (const IngestBatch& piece : *pieces) {
      const BatchView& view = piece.pending.view;
      EXPECT_TRUE(ValidateBatch(view).ok()) << ValidateBatch(view);
      EXPECT_EQ(view.first_offset, next);
      next = view.end_offset;
      const bool dead = piece.pending.parts.has_value();
      if (dead) EXPECT_TRUE(ValidateBatch(piece.pending.parts->front().view).ok());
      shown.push_back(std::string(dead ? piece.pending.parts->front().view.topic : view.topic) + " " +
                      std::to_string(view.first_offset) + "-" + std::to_string(view.end_offset));
    }
    EXPECT_EQ(next, first_offset + 10 * lines);
    return shown;
  }

  Refusals refusals_{{.no_topic = true, .retries = 1}, 10};
};

TEST_F(RefusalsTest, LeavesBatchesAloneOfWhichNothingWasRefused) {
  EXPECT_TRUE(refusals_.empty());
  EXPECT_THAT(Prepare(0, 3), ElementsAre("app 0-30"));
}

TEST_F(RefusalsTest, FindsTheRecordThatIsRefusedAndMakesItADeadLetter) {
  EXPECT_EQ(refusals_.Note(Batch(10, 3), kNever).code(), absl::StatusCode::kAborted);
  // A try more, as it is.
  EXPECT_THAT(Prepare(10, 3), ElementsAre("app 10-40"));
  refusals_.Note(Batch(10, 3), kNever).IgnoreError();
  // One by one; what is around it as it is. It may come cut another way.
  EXPECT_THAT(Prepare(0, 6), ElementsAre("app 0-10", "app 10-20", "app 20-30", "app 30-40", "app 40-60"));
  refusals_.Stored(Batch(10, 1));
  refusals_.Note(Batch(20, 1), kNever).IgnoreError();
  EXPECT_THAT(Prepare(0, 6), ElementsAre("app 0-20", "dead-letter 20-30", "app 30-60"));
  refusals_.Stored(Batch(0, 2));
  EXPECT_FALSE(refusals_.empty());
  refusals_.Stored(Batch(20, 1));
  EXPECT_TRUE(refusals_.empty());
  EXPECT_THAT(Prepare(30, 1), ElementsAre("app 30-40"));
}

TEST_F(RefusalsTest, KeepsTheFirstOfSeveralRefusals) {
  for (int i = 0; i < 2; ++i) {
    refusals_.Note(Batch(0, 1), kNever).IgnoreError();
    EXPECT_EQ(refusals_.Note(Batch(10, 1), kNever), kNever);
  }
  EXPECT_THAT(Prepare(0, 3), ElementsAre("dead-letter 0-10", "app 10-30"));
}

TEST_F(RefusalsTest, TellsInTheDeadLetterWhyAndFromWhere) {
  for (int i = 0; i < 2; ++i) refusals_.Note(Batch(0, 1), kNever).IgnoreError();
  const std::vector<IngestBatch> pieces = refusals_.Prepare(Batch(0, 1), nullptr).value();
  ASSERT_EQ(pieces.size(), 1u);
  v1::LogBatch dead;
  const std::string_view bytes = pieces[0].pending.parts->front().bytes.view();
  ASSERT_TRUE(dead.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())));
  EXPECT_EQ(dead.labels().at("dead_letter.reason"), "refused");
  EXPECT_EQ(dead.labels().at("dead_letter.error"), "never");
  EXPECT_EQ(dead.labels().at("dead_letter.topic"), "app");
  EXPECT_EQ(pieces[0].routed.dead_letters.at(0).second, 1u);
}

TEST_F(RefusalsTest, MakesAllThatHasNoTopicADeadLetterIfThatIsAskedFor) {
  for (int i = 0; i < 2; ++i) refusals_.Note(Batch(0, 3), kFull).IgnoreError();
  EXPECT_THAT(Prepare(0, 4), ElementsAre("dead-letter 0-30", "app 30-40"));
}

TEST_F(RefusalsTest, LetsWaitWhatIsToWait) {
  Refusals patient({.refused = false, .no_topic = false}, 10);
  EXPECT_EQ(patient.Note(Batch(0, 1), kNever), kNever);
  EXPECT_EQ(patient.Note(Batch(0, 1), kFull), kFull);
  EXPECT_TRUE(patient.empty());
  Refusals none({}, 0);
  EXPECT_EQ(none.Note(Batch(0, 1), kNever), kNever);
}

}  // namespace
}  // namespace sluice::collector
