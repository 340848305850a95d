#include "consumer/client/repeats.h"

#include <string>
#include <vector>

#include "consumer/client/testing_batches.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::client {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// A batch with records at these offsets goes through `repeats`: those that are left.
std::vector<uint64_t> Left(Repeats* repeats, const std::vector<uint64_t>& offsets, v1::LogBatch batch = FullBatch(),
                           const std::string& cursor = "k1-0123-abc") {
  batch.clear_records();
  for (const uint64_t offset : offsets) batch.add_records()->set_offset(offset);
  const std::string bytes = batch.SerializeAsString();
  absl::StatusOr<Batch> parsed = Batch::Parse(bytes);
  EXPECT_TRUE(parsed.ok()) << parsed.status();
  repeats->LeaveOut(cursor, &*parsed);
  std::vector<uint64_t> left;
  for (const RecordView& record : parsed->records()) left.push_back(record.offset());
  EXPECT_EQ(parsed->records().size(), left.size());
  EXPECT_EQ(static_cast<size_t>(parsed->ToProto().records_size()), left.size());
  return left;
}

TEST(RepeatsTest, LeavesOutWhatCameBefore) {
  Repeats repeats;
  EXPECT_THAT(Left(&repeats, {0, 10, 20}), ElementsAre(0, 10, 20));
  EXPECT_THAT(Left(&repeats, {10, 20, 30}), ElementsAre(30));
  EXPECT_THAT(Left(&repeats, {0, 10}), IsEmpty());
  EXPECT_THAT(Left(&repeats, {40}), ElementsAre(40));
}

TEST(RepeatsTest, TellsFilesAndTopicsApart) {
  Repeats repeats;
  v1::LogBatch batch = FullBatch();
  EXPECT_THAT(Left(&repeats, {0}, batch), ElementsAre(0));
  batch.set_topic("copy");
  EXPECT_THAT(Left(&repeats, {0}, batch), ElementsAre(0));
  batch.mutable_file()->set_generation(4);
  EXPECT_THAT(Left(&repeats, {0}, batch), ElementsAre(0));
  batch.set_agent("web-2");
  EXPECT_THAT(Left(&repeats, {0}, batch), ElementsAre(0));
  EXPECT_THAT(Left(&repeats, {0}, batch), IsEmpty());
}

TEST(RepeatsTest, LooksOnlyAtRecordsOfALogInKafkaThatCollectorsWrote) {
  Repeats repeats;
  v1::LogBatch batch = FullBatch();
  for (int i = 0; i < 2; ++i) EXPECT_THAT(Left(&repeats, {0}, batch, "r1-0-1-0"), ElementsAre(0));
  batch.set_agent("kafka");
  for (int i = 0; i < 2; ++i) EXPECT_THAT(Left(&repeats, {0}, batch), ElementsAre(0));
}

TEST(RepeatsTest, RemembersTheFilesThatWereSeenLast) {
  Repeats repeats(/*files_max=*/4);
  v1::LogBatch batch = FullBatch();
  for (int round = 0; round < 3; ++round) {
    for (uint64_t inode = 10; inode < 12; ++inode) {
      batch.mutable_file()->set_inode(inode);
      EXPECT_EQ(Left(&repeats, {5}, batch).size(), round == 0 ? 1u : 0u);
    }
  }
  for (uint64_t inode = 20; inode < 30; ++inode) {
    batch.mutable_file()->set_inode(inode);
    EXPECT_EQ(Left(&repeats, {5}, batch).size(), 1u);
  }
  batch.mutable_file()->set_inode(10);
  EXPECT_EQ(Left(&repeats, {5}, batch).size(), 1u) << "forgotten";
}

}  // namespace
}  // namespace sluice::client
