#include "collector/ingest/file_holds.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::collector {
namespace {

using ::testing::HasSubstr;

const FileKey kFile{.device = 1, .inode = 2};
const FileKey kOther{.device = 1, .inode = 3};

TEST(FileHoldsTest, LetsEverythingPassThatIsNotHeld) {
  FileHolds holds(10);
  EXPECT_TRUE(holds.Check(kFile, 0, 10).ok());
  ASSERT_TRUE(holds.Hold(kFile, 10, absl::ResourceExhaustedError("full")));
  EXPECT_TRUE(holds.Check(kOther, 50, 60).ok());
}

TEST(FileHoldsTest, RejectsWhatLiesBehindTheRejectedBatchLikewise) {
  FileHolds holds(10);
  ASSERT_TRUE(holds.Hold(kFile, 10, absl::ResourceExhaustedError("full")));
  absl::Status status = holds.Check(kFile, 20, 30);
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(status.message()), HasSubstr("begins at 10"));

  ASSERT_TRUE(holds.Hold(kOther, 10, absl::InvalidArgumentError("never")));
  EXPECT_EQ(holds.Check(kOther, 20, 30).code(), absl::StatusCode::kInvalidArgument);
}

TEST(FileHoldsTest, IsLiftedByTheBatchThatComesAgain) {
  FileHolds holds(10);
  ASSERT_TRUE(holds.Hold(kFile, 10, absl::ResourceExhaustedError("full")));
  EXPECT_TRUE(holds.Check(kFile, 10, 20).ok());
  EXPECT_TRUE(holds.Check(kFile, 20, 30).ok());
  EXPECT_EQ(holds.size(), 0);
}

TEST(FileHoldsTest, IsLiftedByABatchThatIsCutAnotherWay) {
  FileHolds holds(10);
  ASSERT_TRUE(holds.Hold(kFile, 10, absl::ResourceExhaustedError("full")));
  EXPECT_TRUE(holds.Check(kFile, 5, 25).ok());
  EXPECT_TRUE(holds.Check(kFile, 25, 30).ok());
}

TEST(FileHoldsTest, IsNotLiftedByABatchThatEndsBefore) {
  FileHolds holds(10);
  ASSERT_TRUE(holds.Hold(kFile, 10, absl::ResourceExhaustedError("full")));
  EXPECT_TRUE(holds.Check(kFile, 0, 10).ok());
  EXPECT_FALSE(holds.Check(kFile, 20, 30).ok());
}

TEST(FileHoldsTest, KeepsTheFirstOfSeveralRejections) {
  FileHolds holds(10);
  ASSERT_TRUE(holds.Hold(kFile, 10, absl::ResourceExhaustedError("full")));
  ASSERT_TRUE(holds.Hold(kFile, 20, absl::InvalidArgumentError("never")));
  EXPECT_EQ(holds.Check(kFile, 20, 30).code(), absl::StatusCode::kResourceExhausted);
}

TEST(FileHoldsTest, SaysWhenTooManyFilesAreHeld) {
  FileHolds holds(1);
  EXPECT_TRUE(holds.Hold(kFile, 10, absl::ResourceExhaustedError("full")));
  EXPECT_TRUE(holds.Hold(kFile, 5, absl::ResourceExhaustedError("full")));
  EXPECT_FALSE(holds.Hold(kOther, 10, absl::ResourceExhaustedError("full")));
}

}  // namespace
}  // namespace sluice::collector
