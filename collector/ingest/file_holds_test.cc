#include "collector/ingest/file_holds.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::collector {
namespace {

using ::testing::HasSubstr;

BatchView Batch(uint64_t inode, std::string_view topic, uint64_t first_offset, uint64_t end_offset) {
  BatchView view;
  view.file.inode = inode;
  view.topic = topic;
  view.first_offset = first_offset;
  view.end_offset = end_offset;
  return view;
}

class FileHoldsTest : public ::testing::Test {
 protected:
  // `batch` was admitted and rejected.
  void Refuse(const BatchView& batch, const absl::Status& why = absl::ResourceExhaustedError("full")) {
    ASSERT_TRUE(holds_.Admit(batch).ok());
    holds_.Resolve(batch, why);
  }
  void Store(const BatchView& batch) {
    ASSERT_TRUE(holds_.Admit(batch).ok());
    holds_.Resolve(batch, absl::OkStatus());
  }

  FileHolds holds_{2};
};

TEST_F(FileHoldsTest, AdmitsEverythingOfFilesOfWhichNothingWasRejected) {
  EXPECT_TRUE(holds_.Admit(Batch(1, "a", 0, 10)).ok());
  Refuse(Batch(2, "a", 10, 20));
  EXPECT_TRUE(holds_.Admit(Batch(1, "a", 10, 20)).ok());
  EXPECT_EQ(holds_.size(), 1);
}

TEST_F(FileHoldsTest, RejectsWhatLiesBehindARejectedBatchLikewise) {
  Refuse(Batch(1, "a", 10, 20));
  absl::Status status = holds_.Admit(Batch(1, "a", 20, 30));
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(status.message()), HasSubstr("begins at 10"));

  Refuse(Batch(2, "a", 10, 20), absl::InvalidArgumentError("never"));
  EXPECT_EQ(holds_.Admit(Batch(2, "a", 20, 30)).code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(FileHoldsTest, GoesOnWhenTheRejectedBatchComesAgain) {
  Refuse(Batch(1, "a", 10, 20));
  EXPECT_TRUE(holds_.Admit(Batch(1, "a", 10, 20)).ok());
  EXPECT_TRUE(holds_.Admit(Batch(1, "a", 20, 30)).ok());
  EXPECT_EQ(holds_.size(), 0);
}

TEST_F(FileHoldsTest, GoesOnWhenItComesAgainCutAnotherWay) {
  Refuse(Batch(1, "a", 10, 20));
  EXPECT_TRUE(holds_.Admit(Batch(1, "a", 5, 25)).ok());
  EXPECT_TRUE(holds_.Admit(Batch(1, "a", 25, 30)).ok());
}

TEST_F(FileHoldsTest, StaysHeldAfterABatchThatEndsBefore) {
  Refuse(Batch(1, "a", 10, 20));
  EXPECT_TRUE(holds_.Admit(Batch(1, "a", 0, 10)).ok());
  EXPECT_FALSE(holds_.Admit(Batch(1, "a", 20, 30)).ok());
}

TEST_F(FileHoldsTest, KeepsTheFirstOfSeveralRejections) {
  BatchView first = Batch(1, "a", 10, 20);
  BatchView second = Batch(1, "a", 20, 30);
  ASSERT_TRUE(holds_.Admit(first).ok());
  ASSERT_TRUE(holds_.Admit(second).ok());
  holds_.Resolve(first, absl::ResourceExhaustedError("full"));
  holds_.Resolve(second, absl::InvalidArgumentError("never"));
  EXPECT_EQ(holds_.Admit(second).code(), absl::StatusCode::kResourceExhausted);
}

TEST_F(FileHoldsTest, LetsNoOtherTopicPassABatchThatTheLogMayRefuse) {
  BatchView fresh = Batch(1, "new", 0, 10);
  ASSERT_TRUE(holds_.Admit(fresh).ok());
  ASSERT_TRUE(holds_.Admit(Batch(1, "new", 10, 20)).ok());  // refused or taken like the first
  absl::Status status = holds_.Admit(Batch(1, "old", 20, 30));
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(status.message()), HasSubstr("new topic 'new'"));
  // It is missing now: what is behind it waits for it, too, also once the topic is taken.
  holds_.Resolve(fresh, absl::OkStatus());
  holds_.Resolve(Batch(1, "new", 10, 20), absl::OkStatus());
  EXPECT_FALSE(holds_.Admit(Batch(1, "old", 30, 40)).ok());
  EXPECT_TRUE(holds_.Admit(Batch(1, "old", 20, 30)).ok());
}

TEST_F(FileHoldsTest, LetsTopicsMixOnceTheyAreTaken) {
  Store(Batch(1, "a", 0, 10));
  Store(Batch(2, "b", 0, 10));
  EXPECT_TRUE(holds_.Admit(Batch(1, "a", 10, 20)).ok());
  EXPECT_TRUE(holds_.Admit(Batch(1, "b", 20, 30)).ok());
  EXPECT_TRUE(holds_.Admit(Batch(1, "a", 30, 40)).ok());
}

TEST_F(FileHoldsTest, DoubtsATopicAgainThatWasRefused) {
  Refuse(Batch(1, "new", 0, 10));
  ASSERT_TRUE(holds_.Admit(Batch(1, "new", 0, 10)).ok());
  EXPECT_FALSE(holds_.Admit(Batch(1, "old", 10, 20)).ok());
}

TEST_F(FileHoldsTest, SaysWhenTooManyFilesAreHeld) {
  Refuse(Batch(1, "a", 10, 20));
  Refuse(Batch(2, "a", 10, 20));
  EXPECT_FALSE(holds_.overflowed());
  Refuse(Batch(2, "a", 5, 20));
  EXPECT_FALSE(holds_.overflowed());
  Refuse(Batch(3, "a", 10, 20));
  EXPECT_TRUE(holds_.overflowed());
}

}  // namespace
}  // namespace sluice::collector
