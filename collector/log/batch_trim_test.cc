#include "collector/log/batch_trim.h"

#include <string>

#include "collector/log/testing_batches.h"
#include "gtest/gtest.h"

namespace sluice::collector {
namespace {

TEST(TrimBatchTest, KeepsSharedFieldsAndTheRecordsFromTheOffsetOn) {
  for (uint64_t first : {0u, 100u}) {
    v1::LogBatch batch = testing::MakeBatch({.first_offset = first, .lines = 4, .line_bytes = 10});
    batch.set_skipped_bytes(5);
    const PendingBatch pending = testing::Pend(batch);
    for (uint64_t dropped = 1; dropped < 4; ++dropped) {
      const std::string bytes = TrimBatch(pending.view, first + 10 * dropped);

      v1::LogBatch expected = batch;
      expected.clear_skipped_bytes();
      expected.set_first_offset(first + 10 * dropped);
      expected.mutable_records()->DeleteSubrange(0, static_cast<int>(dropped));
      testing::Summarise(&expected);
      v1::LogBatch trimmed;
      ASSERT_TRUE(trimmed.ParseFromString(bytes));
      EXPECT_EQ(trimmed.SerializeAsString(), expected.SerializeAsString());
      const absl::StatusOr<BatchView> view = BatchView::Parse(bytes);
      ASSERT_TRUE(view.ok()) << view.status();
      EXPECT_TRUE(ValidateBatch(*view).ok()) << ValidateBatch(*view);
    }
  }
}

TEST(TrimBatchTest, DropsALineThatBeginsBeforeTheOffset) {
  const PendingBatch pending = testing::Pend({.lines = 2, .line_bytes = 10});
  v1::LogBatch trimmed;
  ASSERT_TRUE(trimmed.ParseFromString(TrimBatch(pending.view, 5)));
  ASSERT_EQ(trimmed.records_size(), 1);
  EXPECT_EQ(trimmed.records(0).offset(), 10u);
}

TEST(TrimBatchTest, CutsWhatBeginsBehindAnEndAndForgetsTheFrontier) {
  v1::LogBatch batch = testing::MakeBatch({.lines = 4, .line_bytes = 10});
  batch.set_skipped_bytes(5);
  const PendingBatch pending = testing::Pend(batch);
  const std::string bytes = CutBatch(pending.view, 0, 20);
  v1::LogBatch cut;
  ASSERT_TRUE(cut.ParseFromString(bytes));
  batch.mutable_records()->DeleteSubrange(2, 2);
  batch.set_end_offset(20);
  batch.clear_frontier();
  testing::Summarise(&batch);
  EXPECT_EQ(cut.SerializeAsString(), batch.SerializeAsString());
  EXPECT_TRUE(ValidateBatch(*BatchView::Parse(bytes)).ok());
}

TEST(TrimBatchTest, IsEmptyIfNoLineBeginsThere) {
  const PendingBatch pending = testing::Pend({.lines = 2, .line_bytes = 10});
  EXPECT_EQ(TrimBatch(pending.view, 15), "");
}

}  // namespace
}  // namespace sluice::collector
