// What the retention takes, when, and what readers and the disk see of it.
#include "collector/log/rocksdb/retention.h"

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/strings.h"
#include "collector/log/rocksdb/rocksdb_log.h"
#include "collector/log/rocksdb/testing_directory.h"
#include "collector/log/testing_log.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::collector {
namespace {

using testing::AllTopics;
using testing::AppendOne;
using testing::BatchNames;
using testing::BatchSpec;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::ReadAll;
using testing::ReadFrom;
using Outcome = AppendResult::Outcome;

constexpr int64_t kHour = 3'600'000'000'000;
constexpr uint64_t kMiB = uint64_t{1} << 20;

class RetentionTest : public ::testing::Test {
 protected:
  RetentionTest() {
    options_.data_dir = directory_.path();
    options_.tail_bytes = 0;  // the disk is what matters here
    options_.retention = {.bytes = uint64_t{1} << 40, .age = absl::Hours(24)};
  }

  RocksDbLog& log() {
    if (log_ == nullptr) Reopen();
    return *log_;
  }
  void Reopen() {
    log_.reset();
    auto log = RocksDbLog::Open(options_, &clock_);
    ASSERT_TRUE(log.ok()) << log.status();
    log_ = *std::move(log);
  }
  // The next `lines` lines of a topic's file.
  void Append(const std::string& topic, uint32_t lines = 1, uint32_t line_bytes = 10) {
    uint64_t& offset = offsets_[topic];
    ASSERT_EQ(AppendOne(log(), {.topic = topic,
                                .inode = std::hash<std::string>()(topic) % 1000,
                                .first_offset = offset,
                                .lines = lines,
                                .line_bytes = line_bytes})
                  .outcome,
              Outcome::kStored);
    offset += uint64_t{lines} * line_bytes;
  }
  TopicInfo Info(const std::string& topic) {
    for (const TopicInfo& info : log().Topics()) {
      if (info.name == topic) return info;
    }
    return {};
  }
  uint64_t BytesOnDisk() const {
    uint64_t bytes = 0;
    for (const auto& file : std::filesystem::directory_iterator(directory_.path() + "/log")) bytes += file.file_size();
    return bytes;
  }

  testing::Directory directory_;
  SimulatedClock clock_;
  RocksDbOptions options_;
  std::map<std::string, uint64_t> offsets_;
  std::unique_ptr<RocksDbLog> log_;
};

TEST_F(RetentionTest, TakesWhatIsTooOld) {
  Append("app", 2);
  clock_.Advance(20 * kHour);
  Append("app", 3);
  log().ApplyRetention();
  EXPECT_EQ(Info("app").records, 5u);

  clock_.Advance(5 * kHour);
  log().ApplyRetention();
  for (int round = 0; round < 2; ++round) {
    const TopicInfo info = Info("app");
    EXPECT_EQ(info.records, 3u);
    EXPECT_EQ(info.records_appended, 5u);
    EXPECT_EQ(info.first_append_unix_nano, clock_.UnixNanos() - 5 * kHour);
    EXPECT_THAT(BatchNames(ReadFrom(log(), Position())), ElementsAre("app:20"));
    EXPECT_EQ(log().Begin(), (Position{2, 0}));
    Reopen();
  }
}

TEST_F(RetentionTest, TakesEverythingIfEverythingIsTooOldAndGoesOn) {
  Append("app", 2);
  clock_.Advance(30 * kHour);
  log().ApplyRetention();
  for (int round = 0; round < 2; ++round) {
    const TopicInfo info = Info("app");
    EXPECT_EQ(info.records, 0u);
    EXPECT_EQ(info.bytes, 0u);
    EXPECT_EQ(info.first_append_unix_nano, 0);
    EXPECT_EQ(info.records_appended, 2u);
    EXPECT_EQ(log().Begin(), log().End());
    EXPECT_THAT(ReadFrom(log(), Position()), IsEmpty());
    Reopen();
  }
  Append("app", 4);
  EXPECT_EQ(Info("app").records, 4u);
  EXPECT_EQ(Info("app").first_append_unix_nano, clock_.UnixNanos());
  EXPECT_THAT(BatchNames(ReadFrom(log(), Position())), ElementsAre("app:20"));
}

TEST_F(RetentionTest, TakesTheOldestBatchesOfATopicThatIsTooLarge) {
  options_.retention.bytes = 10'000;
  for (int i = 0; i < 100; ++i) {
    Append("large", 10, 20);
    Append("small");
  }
  log().ApplyRetention();
  for (int round = 0; round < 2; ++round) {
    EXPECT_LE(Info("large").bytes, 10'000u);
    EXPECT_GE(Info("large").bytes, 8'000u);
    EXPECT_EQ(Info("large").records_appended, 1000u);
    uint64_t large = 0;
    uint64_t small = 0;
    for (const StoredBatch& batch : ReadFrom(log(), Position())) {
      (batch.view.topic == "large" ? large : small) += batch.view.count;
    }
    EXPECT_EQ(large, Info("large").records);
    EXPECT_EQ(small, Info("small").records);
    Reopen();
  }
}

TEST_F(RetentionTest, KeepsTheNewestBatchHoweverLargeItIs) {
  options_.retention.bytes = 100;
  Append("app", 100);
  Append("app", 100);
  log().ApplyRetention();
  EXPECT_EQ(Info("app").records, 100u);
  EXPECT_THAT(BatchNames(ReadFrom(log(), Position())), ElementsAre("app:1000"));
}

TEST_F(RetentionTest, KeepsWatermarksOfFilesWhoseBatchesItTook) {
  Append("app", 2);
  clock_.Advance(30 * kHour);
  log().ApplyRetention();
  Reopen();
  EXPECT_EQ(
      AppendOne(log(), {.topic = "app", .inode = std::hash<std::string>()("app") % 1000, .line_bytes = 10}).outcome,
      Outcome::kDuplicate);
}

TEST_F(RetentionTest, ForgetsWatermarksOfFilesThatAreLongGone) {
  ASSERT_EQ(AppendOne(log(), {.agent = "gone", .inode = 1}).outcome, Outcome::kStored);
  ASSERT_EQ(AppendOne(log(), {.agent = "here", .inode = 1}).outcome, Outcome::kStored);
  clock_.Advance(absl::ToInt64Nanoseconds(kWatermarkGrace));
  ASSERT_EQ(AppendOne(log(), {.agent = "here", .inode = 2}).outcome, Outcome::kStored);
  log().ApplyRetention();
  EXPECT_THAT(log().Agents(), ElementsAre("gone", "here"));
  clock_.Advance(25 * kHour);
  log().ApplyRetention();
  // The writer does it with its next commit.
  ASSERT_EQ(AppendOne(log(), {.agent = "here", .inode = 3}).outcome, Outcome::kStored);
  for (int round = 0; round < 2; ++round) {
    EXPECT_THAT(log().Agents(), ElementsAre("here"));
    EXPECT_EQ(log().Watermarks("gone")->size(), 0u);
    EXPECT_EQ(log().Watermarks("here")->size(), 2u);
    Reopen();
  }
  EXPECT_EQ(AppendOne(log(), {.agent = "gone", .inode = 1}).outcome, Outcome::kStored);
}

TEST_F(RetentionTest, ForgetsEphemeralAgentsSoon) {
  ASSERT_EQ(AppendOne(log(), {.agent = "ephemeral:1", .inode = 1}).outcome, Outcome::kStored);
  ASSERT_EQ(AppendOne(log(), {.agent = "ephemeral:2", .inode = 1}).outcome, Outcome::kStored);
  ASSERT_EQ(AppendOne(log(), {.agent = "web-1", .inode = 1}).outcome, Outcome::kStored);
  clock_.Advance(20 * kHour);
  ASSERT_EQ(AppendOne(log(), {.agent = "ephemeral:2", .inode = 1, .first_offset = 16}).outcome, Outcome::kStored);
  clock_.Advance(5 * kHour);
  log().ApplyRetention();
  ASSERT_EQ(AppendOne(log(), {.agent = "web-1", .inode = 2}).outcome, Outcome::kStored);
  EXPECT_THAT(log().Agents(), ElementsAre("ephemeral:2", "web-1"));
}

TEST_F(RetentionTest, TellsAReaderThatIsBehindHowMuchItMissed) {
  for (int i = 0; i < 10; ++i) Append("app", 3);
  Append("other");
  const auto reader = log().NewReader(Position(), AllTopics);
  std::vector<StoredBatch> batches;
  Omission omission;
  ASSERT_TRUE(reader->Read(1, &batches, &omission).ok());
  ASSERT_EQ(batches.size(), 1u);
  const Position cursor = reader->position();
  clock_.Advance(30 * kHour);
  Append("app", 3);
  log().ApplyRetention();

  // The one that was reading, and one that comes back with its cursor.
  const auto returning = log().NewReader(cursor, AllTopics);
  for (LogReader* const r : {reader.get(), returning.get()}) {
    std::vector<std::string> told;
    std::vector<std::string> read;
    for (int calls = 0; calls < 10; ++calls) {
      batches.clear();
      ASSERT_TRUE(r->Read(1 << 20, &batches, &omission).ok());
      if (omission.reason != Omission::Reason::kNone) {
        EXPECT_EQ(omission.reason, Omission::Reason::kRetention);
        told.push_back(StrCat(omission.topic, ":", omission.records));
      }
      for (std::string& name : BatchNames(batches)) read.push_back(std::move(name));
    }
    // At most: the batch that the reader had seen went in one step with the others.
    EXPECT_THAT(told, ::testing::UnorderedElementsAre("app:30", "other:1"));
    EXPECT_THAT(read, ElementsAre("app:300"));
    EXPECT_EQ(r->position(), log().End());
  }
}

TEST_F(RetentionTest, TellsNothingToAReaderThatStartsAtTheBeginning) {
  Append("app", 3);
  clock_.Advance(30 * kHour);
  Append("app", 3);
  log().ApplyRetention();
  for (const Position& start : {Position(), log().Begin(), log().End()}) {
    Omission omission;
    ReadAll(*log().NewReader(start, AllTopics), &omission);
    EXPECT_EQ(omission.reason, Omission::Reason::kNone);
  }
}

TEST_F(RetentionTest, CountsOnlyWhatWasTakenBehindTheCursor) {
  Append("app", 3);
  const Position after_first = log().End();
  clock_.Advance(kHour);
  Append("app", 4);
  clock_.Advance(24 * kHour);  // the first goes
  log().ApplyRetention();
  clock_.Advance(2 * kHour);  // the second goes
  log().ApplyRetention();
  Reopen();
  Omission omission;
  ReadAll(*log().NewReader(after_first, AllTopics), &omission);
  EXPECT_EQ(omission.reason, Omission::Reason::kRetention);
  EXPECT_EQ(omission.records, 4u);
}

TEST_F(RetentionTest, FindsTimesAfterTheOldestBatchesWent) {
  std::vector<int64_t> times;
  for (int i = 0; i < 48; ++i) {
    times.push_back(clock_.UnixNanos());
    Append("app");
    clock_.Advance(kHour);
  }
  log().ApplyRetention();
  EXPECT_EQ(log().AtAppendTime(0), log().Begin());
  EXPECT_EQ(log().AtAppendTime(times[40]), (Position{41, 0}));
}

TEST_F(RetentionTest, GivesBackDiskSpaceWhenOldTablesGo) {
  options_.retention.bytes = 4 * kMiB;
  for (int i = 0; i < 200; ++i) Append("app", 1024, 1024);  // about 200 MiB
  log().ApplyRetention();
  Reopen();
  log().ApplyRetention();
  EXPECT_LE(Info("app").bytes, 4 * kMiB);
  EXPECT_LT(BytesOnDisk(), 150 * kMiB);
}

// One topic keeps everything; what lies between its batches must go all the same.
TEST_F(RetentionTest, GivesBackDiskSpaceBetweenBatchesThatStay) {
  options_.retention.bytes = 16 * kMiB;
  for (int i = 0; i < 300; ++i) {
    Append("app", 1024, 1024);  // about 300 MiB
    Append("kept", 1, 16 * 1024);
  }
  Reopen();  // everything is in tables now
  log().ApplyRetention();
  EXPECT_LE(Info("app").bytes, 16 * kMiB);
  EXPECT_EQ(Info("kept").records, 300u);
  EXPECT_LT(BytesOnDisk(), 150 * kMiB);
  uint64_t kept = 0;
  for (const StoredBatch& batch : ReadFrom(log(), Position())) kept += batch.view.topic == "kept" ? 1 : 0;
  EXPECT_EQ(kept, 300u);
}

}  // namespace
}  // namespace sluice::collector
