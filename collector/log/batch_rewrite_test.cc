#include "collector/log/batch_rewrite.h"

#include <string>

#include "collector/log/record_view.h"
#include "collector/log/testing_batches.h"
#include "gtest/gtest.h"

namespace sluice::collector {
namespace {

using testing::Pend;

v1::LogBatch Parsed(const std::string& bytes) {
  v1::LogBatch batch;
  EXPECT_TRUE(batch.ParseFromString(bytes));
  absl::StatusOr<BatchView> view = BatchView::Parse(bytes);
  EXPECT_TRUE(view.ok()) << view.status();
  if (view.ok()) EXPECT_TRUE(ValidateBatch(*view).ok()) << ValidateBatch(*view);
  return batch;
}

TEST(BatchRewriteTest, ChangesTheTopicAndNothingElse) {
  v1::LogBatch batch = testing::MakeBatch({.lines = 3});
  batch.set_skipped_bytes(7);
  const PendingBatch pending = Pend(batch);
  const v1::LogBatch rewritten = Parsed(RewriteBatch(pending.view, {.topic = "a.much.longer.topic"}));
  batch.set_topic("a.much.longer.topic");
  EXPECT_EQ(rewritten.SerializeAsString(), batch.SerializeAsString());
}

TEST(BatchRewriteTest, ChangesNothingIfNothingIsAskedFor) {
  const PendingBatch pending = Pend({.lines = 3});
  EXPECT_EQ(RewriteBatch(pending.view, {}), pending.bytes.view());
}

TEST(BatchRewriteTest, AddsLabelsAndReplacesThoseThatAreThere) {
  v1::LogBatch batch = testing::MakeBatch({.lines = 2});
  const PendingBatch pending = Pend(batch);
  const v1::LogBatch rewritten =
      Parsed(RewriteBatch(pending.view, {.add_labels = {{"service", "other"}, {"reason", ""}}}));
  ASSERT_EQ(rewritten.labels_size(), 2);
  EXPECT_EQ(rewritten.labels().at("service"), "other");
  EXPECT_EQ(rewritten.labels().at("reason"), "");
}

TEST(BatchRewriteTest, KeepsOnlyTheRecordsThatAreAskedForWithATrueSummary) {
  v1::LogBatch batch = testing::MakeBatch({.lines = 6, .line_bytes = 11});  // every other one is a warning
  const PendingBatch pending = Pend(batch);
  RecordRuns warnings;
  RecordCursor cursor(pending.view.bytes.substr(pending.view.records_begin));
  for (RecordView record; cursor.Next(&record);) {
    if (record.severity == v1::SEVERITY_WARN) warnings.Add(record);
  }
  EXPECT_EQ(warnings.by_severity[v1::SEVERITY_WARN], 3u);
  const v1::LogBatch rewritten = Parsed(RewriteBatch(pending.view, {.topic = "warnings", .records = &warnings}));
  for (int i = 5; i >= 0; --i) {
    if (batch.records(i).severity() != v1::SEVERITY_WARN) batch.mutable_records()->DeleteSubrange(i, 1);
  }
  batch.set_topic("warnings");
  testing::Summarise(&batch);
  EXPECT_EQ(rewritten.SerializeAsString(), batch.SerializeAsString());
}

}  // namespace
}  // namespace sluice::collector
