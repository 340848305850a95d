#include "collector/ingest/file_holds.h"

#include <string_view>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::collector {
namespace {

using ::testing::HasSubstr;

PendingBatch Batch(uint64_t inode, std::string_view topic, uint64_t first_offset, uint64_t end_offset) {
  PendingBatch batch;
  batch.view.file.inode = inode;
  batch.view.topic = topic;
  batch.view.first_offset = first_offset;
  batch.view.end_offset = end_offset;
  return batch;
}

// A batch of the topic "app" that goes to `topics`.
PendingBatch Routed(uint64_t inode, const std::vector<std::string_view>& topics, uint64_t first_offset,
                    uint64_t end_offset) {
  PendingBatch batch = Batch(inode, "app", first_offset, end_offset);
  batch.parts.emplace();
  for (std::string_view topic : topics) {
    batch.parts->push_back({batch.bytes, batch.view});
    batch.parts->back().view.topic = topic;
  }
  return batch;
}

class FileHoldsTest : public ::testing::Test {
 protected:
  // `batch` was admitted and rejected.
  void Refuse(const PendingBatch& batch, const absl::Status& why = absl::ResourceExhaustedError("full")) {
    ASSERT_TRUE(holds_.Admit(batch).ok());
    holds_.Resolve(batch, why);
  }
  void Store(const PendingBatch& batch) {
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
  PendingBatch first = Batch(1, "a", 10, 20);
  PendingBatch second = Batch(1, "a", 20, 30);
  ASSERT_TRUE(holds_.Admit(first).ok());
  ASSERT_TRUE(holds_.Admit(second).ok());
  holds_.Resolve(first, absl::ResourceExhaustedError("full"));
  holds_.Resolve(second, absl::InvalidArgumentError("never"));
  EXPECT_EQ(holds_.Admit(second).code(), absl::StatusCode::kResourceExhausted);
}

TEST_F(FileHoldsTest, LetsNoOtherTopicPassABatchThatTheLogMayRefuse) {
  PendingBatch fresh = Batch(1, "new", 0, 10);
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

TEST_F(FileHoldsTest, DoubtsTheTopicsThatABatchGoesToNotTheOneThatItCameWith) {
  Store(Batch(2, "app", 0, 10));
  // "app" is taken, "new" is not.
  ASSERT_TRUE(holds_.Admit(Routed(1, {"new"}, 0, 10)).ok());
  EXPECT_FALSE(holds_.Admit(Batch(1, "app", 10, 20)).ok());
}

TEST_F(FileHoldsTest, LetsADroppedBatchNotPassOneThatTheLogMayRefuse) {
  ASSERT_TRUE(holds_.Admit(Routed(2, {}, 0, 10)).ok());
  ASSERT_TRUE(holds_.Admit(Routed(1, {"new"}, 0, 10)).ok());
  EXPECT_FALSE(holds_.Admit(Routed(1, {}, 10, 20)).ok());
}

TEST_F(FileHoldsTest, LetsABatchFollowThatGoesToAllThatIsInDoubt) {
  Store(Batch(9, "old", 0, 10));
  PendingBatch first = Routed(1, {"new"}, 0, 10);
  PendingBatch second = Routed(1, {"old", "new", "newer"}, 10, 20);
  ASSERT_TRUE(holds_.Admit(first).ok());
  ASSERT_TRUE(holds_.Admit(second).ok());
  // The second one may be refused because of "newer" though the first was not.
  EXPECT_FALSE(holds_.Admit(Routed(1, {"new"}, 20, 30)).ok());
  EXPECT_TRUE(holds_.Admit(Routed(1, {"newer", "new"}, 20, 30)).ok());
  holds_.Resolve(first, absl::OkStatus());
  holds_.Resolve(second, absl::OkStatus());
  holds_.Resolve(Routed(1, {"newer", "new"}, 20, 30), absl::OkStatus());
  EXPECT_TRUE(holds_.Admit(Routed(1, {"new"}, 30, 40)).ok());
}

TEST_F(FileHoldsTest, CountsNoBatchThatWasAdmittedBeforeTheDoubt) {
  Store(Batch(1, "old", 0, 10));
  PendingBatch before = Batch(1, "old", 10, 20);
  ASSERT_TRUE(holds_.Admit(before).ok());
  ASSERT_TRUE(holds_.Admit(Batch(1, "new", 20, 30)).ok());
  holds_.Resolve(before, absl::OkStatus());
  EXPECT_FALSE(holds_.Admit(Batch(1, "old", 30, 40)).ok());
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
