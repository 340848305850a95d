#include "collector/subscribe/batch_selection.h"

#include <memory>
#include <string>

#include "collector/log/testing_batches.h"
#include "gtest/gtest.h"

namespace sluice::collector {
namespace {

StoredBatch Stored(const v1::LogBatch& batch) {
  PendingBatch pending = testing::Pend(batch);
  return {.sequence = 7, .append_unix_nano = 1, .bytes = pending.bytes, .view = pending.view};
}

v1::LogBatch Joined(const Selection& selection) {
  std::string bytes;
  for (const SharedBytes& piece : selection.pieces) bytes += piece.view();
  v1::LogBatch batch;
  EXPECT_TRUE(batch.ParseFromString(bytes));
  absl::StatusOr<BatchView> view = BatchView::Parse(bytes);
  EXPECT_TRUE(view.ok()) << view.status();
  if (view.ok()) {
    EXPECT_TRUE(ValidateBatch(*view).ok()) << ValidateBatch(*view);
  }
  return batch;
}

// `batch` with only the records for which `keep` says so.
template <typename Keep>
v1::LogBatch Kept(const v1::LogBatch& batch, Keep keep) {
  v1::LogBatch kept = batch;
  kept.clear_records();
  for (int i = 0; i < batch.records_size(); ++i) {
    if (keep(i, batch.records(i))) *kept.add_records() = batch.records(i);
  }
  testing::Summarise(&kept);
  return kept;
}

std::string Text(const v1::LogBatch& batch) { return batch.ShortDebugString(); }

Filter Severity(v1::Severity severity) {
  v1::SubscribeRequest request;
  request.set_min_severity(severity);
  return *Filter::Compile(request);
}

TEST(BatchSelectionTest, TakesMatchingRecordsWithATrueSummary) {
  v1::LogBatch batch = testing::MakeBatch({.lines = 9, .line_bytes = 15});
  Filter filter = Severity(v1::SEVERITY_WARN);
  Selection selection = SelectRecords(Stored(batch), {}, &filter);
  v1::LogBatch expected = Kept(batch, [](int, const auto& r) { return r.severity() >= v1::SEVERITY_WARN; });
  EXPECT_EQ(Text(Joined(selection)), Text(expected));
  EXPECT_EQ(selection.records, expected.records_size());
  EXPECT_EQ(selection.end, 9);
}

TEST(BatchSelectionTest, TakesEveryRangeOfRecords) {
  v1::LogBatch batch = testing::MakeBatch({.lines = 5});
  for (uint32_t begin = 0; begin < 5; ++begin) {
    for (uint64_t count = 1; count <= 6; ++count) {
      Selection selection = SelectRecords(Stored(batch), {.begin = begin, .records_max = count}, nullptr);
      const int end = static_cast<int>(std::min<uint64_t>(5, begin + count));
      v1::LogBatch expected = Kept(batch, [&](int i, const auto&) { return i >= static_cast<int>(begin) && i < end; });
      EXPECT_EQ(Text(Joined(selection)), Text(expected)) << begin << " " << count;
      EXPECT_EQ(selection.end, end);
    }
  }
}

TEST(BatchSelectionTest, SplitsABatchByBytesWithoutLosingARecord) {
  v1::LogBatch batch = testing::MakeBatch({.lines = 100, .line_bytes = 50});
  v1::LogBatch joined;
  int parts = 0;
  for (uint32_t begin = 0; begin < 100; ++parts) {
    Selection selection = SelectRecords(Stored(batch), {.begin = begin, .bytes_max = 1000}, nullptr);
    ASSERT_GT(selection.end, begin);
    ASSERT_EQ(selection.records, selection.end - begin);
    joined.mutable_records()->MergeFrom(Joined(selection).records());
    begin = selection.end;
  }
  EXPECT_GT(parts, 5);
  ASSERT_EQ(joined.records_size(), 100);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(joined.records(i).body(), batch.records(i).body());
}

TEST(BatchSelectionTest, IsEmptyAndThroughIfNothingMatches) {
  v1::LogBatch batch = testing::MakeBatch({.lines = 5});
  Filter filter = Severity(v1::SEVERITY_FATAL);
  Selection selection = SelectRecords(Stored(batch), {}, &filter);
  EXPECT_TRUE(selection.pieces.empty());
  EXPECT_EQ(selection.records, 0);
  EXPECT_EQ(selection.end, 5);
}

TEST(BatchSelectionTest, RefersToLongRunsInsteadOfCopyingThem) {
  StoredBatch batch = Stored(testing::MakeBatch({.lines = 100, .line_bytes = 200}));
  Selection selection = SelectRecords(batch, {.begin = 1}, nullptr);
  ASSERT_EQ(selection.pieces.size(), 2);
  const char* run = selection.pieces[1].view().data();
  EXPECT_GE(run, batch.bytes.view().data());
  EXPECT_LT(run, batch.bytes.view().data() + batch.bytes.size());
}

}  // namespace
}  // namespace sluice::collector
