// The part of the contract that is about appending, and about what is told of the stored.
#include "collector/log/contract_test_suite.h"

#include <utility>

#include "base/mutex.h"
#include "base/strings.h"
#include "collector/log/testing_log.h"
#include "gmock/gmock.h"

namespace sluice::collector {

using testing::AppendAll;
using testing::AppendOne;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::Names;
using testing::OneLine;
using testing::Pend;
using testing::ReadFrom;
using ::testing::UnorderedElementsAre;
using Outcome = AppendResult::Outcome;

namespace {

std::vector<std::string> EndOffsets(EventLog& log, std::string_view agent) {
  std::vector<std::string> ends;
  absl::StatusOr<std::vector<v1::FileWatermark>> watermarks = log.Watermarks(agent);
  EXPECT_TRUE(watermarks.ok()) << watermarks.status();
  if (!watermarks.ok()) return ends;
  for (const v1::FileWatermark& watermark : *watermarks) {
    ends.push_back(StrCat(watermark.file().inode(), ":", watermark.end_offset()));
  }
  return ends;
}

TEST_P(EventLogContractTest, IsEmptyAtFirst) {
  EXPECT_THAT(log().Topics(), IsEmpty());
  EXPECT_THAT(log().Agents(), IsEmpty());
  EXPECT_THAT(EndOffsets(log(), "web-1"), IsEmpty());
  EXPECT_EQ(log().Begin(), log().End());
  EXPECT_THAT(ReadFrom(log(), Position()), IsEmpty());
  EXPECT_TRUE(log().Health().ok());
}

TEST_P(EventLogContractTest, GivesBackTheBytesOfABatch) {
  const v1::LogBatch batch = testing::MakeBatch({.lines = 3});
  ASSERT_EQ(AppendAll(log(), {Pend(batch)}).front().outcome, Outcome::kStored);
  const std::vector<StoredBatch> read = ReadFrom(log(), Position());
  ASSERT_EQ(read.size(), 1u);
  EXPECT_EQ(read[0].view.bytes.data(), read[0].bytes.view().data());
  EXPECT_EQ(read[0].view.count, 3u);
  if (storage().keeps_batches()) {
    EXPECT_EQ(read[0].bytes.view(), batch.SerializeAsString());
    EXPECT_EQ(read[0].append_unix_nano, storage().clock().UnixNanos());
    return;
  }
  // All but the hashes, which are the watermark's.
  v1::LogBatch without = batch;
  without.clear_head();
  without.clear_frontier();
  if (!storage().keeps_origin()) {
    without.clear_host();
    without.clear_path();
    without.clear_source();
    without.clear_labels();
  }
  EXPECT_EQ(read[0].bytes.view(), without.SerializeAsString());
  EXPECT_TRUE(ValidateBatch(read[0].view).ok()) << ValidateBatch(read[0].view);
}

TEST_P(EventLogContractTest, KeepsTheOrderOfCallsAndOfTheBatchesInACall) {
  Mutex mutex;
  CondVar changed;
  std::vector<int> answered;
  for (int call = 0; call < 3; ++call) {
    std::vector<PendingBatch> batches;
    for (int i = 0; i < 3; ++i) batches.push_back(Pend(OneLine("app", 1, static_cast<uint64_t>(30 * call + 10 * i))));
    log().Append(std::move(batches), [&, call](std::vector<AppendResult> results) {
      EXPECT_EQ(results.size(), 3u);
      MutexLock lock(&mutex);
      answered.push_back(call);
      changed.Signal();
    });
  }
  MutexLock lock(&mutex);
  while (answered.size() < 3) changed.Wait(&mutex);
  EXPECT_THAT(answered, ElementsAre(0, 1, 2));
  EXPECT_THAT(Names(ReadFrom(log(), Position())),
              ElementsAre("app:0", "app:10", "app:20", "app:30", "app:40", "app:50", "app:60", "app:70", "app:80"));
}

TEST_P(EventLogContractTest, AnswersACallWithoutBatches) { EXPECT_THAT(AppendAll(log(), {}), IsEmpty()); }

TEST_P(EventLogContractTest, StoresABatchOnlyOnce) {
  EXPECT_EQ(AppendOne(log(), OneLine("app", 1, 0)).outcome, Outcome::kStored);
  EXPECT_EQ(AppendOne(log(), OneLine("app", 1, 0)).outcome, Outcome::kDuplicate);
  EXPECT_EQ(AppendOne(log(), OneLine("app", 1, 10)).outcome, Outcome::kStored);
  EXPECT_EQ(AppendOne(log(), OneLine("app", 1, 0)).outcome, Outcome::kDuplicate);
  EXPECT_THAT(Names(ReadFrom(log(), Position())), ElementsAre("app:0", "app:10"));
}

TEST_P(EventLogContractTest, SeesADuplicateInTheSameCall) {
  const std::vector<AppendResult> results =
      AppendAll(log(), {Pend(OneLine("app", 1, 0)), Pend(OneLine("app", 1, 0)), Pend(OneLine("app", 1, 10))});
  EXPECT_EQ(results[0].outcome, Outcome::kStored);
  EXPECT_EQ(results[1].outcome, Outcome::kDuplicate);
  EXPECT_EQ(results[2].outcome, Outcome::kStored);
  EXPECT_THAT(Names(ReadFrom(log(), Position())), ElementsAre("app:0", "app:10"));
}

TEST_P(EventLogContractTest, KnowsADuplicateAfterARestart) {
  EXPECT_EQ(AppendOne(log(), OneLine("app", 1, 0)).outcome, Outcome::kStored);
  storage().Reopen();
  EXPECT_EQ(AppendOne(log(), OneLine("app", 1, 0)).outcome, Outcome::kDuplicate);
  EXPECT_EQ(AppendOne(log(), OneLine("app", 1, 10)).outcome, Outcome::kStored);
  EXPECT_THAT(Names(ReadFrom(log(), Position())), ElementsAre("app:0", "app:10"));
}

TEST_P(EventLogContractTest, TellsFilesApartByEveryPartOfTheirIdentity) {
  v1::LogBatch batch = testing::MakeBatch({});
  EXPECT_EQ(AppendAll(log(), {Pend(batch)}).front().outcome, Outcome::kStored);
  batch.mutable_file()->set_generation(1);
  EXPECT_EQ(AppendAll(log(), {Pend(batch)}).front().outcome, Outcome::kStored);
  batch.mutable_file()->set_birth_time_unix_nano(5);
  EXPECT_EQ(AppendAll(log(), {Pend(batch)}).front().outcome, Outcome::kStored);
  batch.mutable_file()->set_inode(99);
  EXPECT_EQ(AppendAll(log(), {Pend(batch)}).front().outcome, Outcome::kStored);
  batch.mutable_file()->set_device(99);
  EXPECT_EQ(AppendAll(log(), {Pend(batch)}).front().outcome, Outcome::kStored);
  batch.set_agent("web-2");
  EXPECT_EQ(AppendAll(log(), {Pend(batch)}).front().outcome, Outcome::kStored);
  batch.set_path("/elsewhere");
  EXPECT_EQ(AppendAll(log(), {Pend(batch)}).front().outcome, Outcome::kDuplicate);
}

TEST_P(EventLogContractTest, StoresOfABatchAcrossTheWatermarkOnlyWhatIsNew) {
  EXPECT_EQ(AppendOne(log(), {.first_offset = 0, .lines = 2, .line_bytes = 10}).outcome, Outcome::kStored);
  EXPECT_EQ(AppendOne(log(), {.first_offset = 10, .lines = 3, .line_bytes = 10}).outcome, Outcome::kStored);
  const std::vector<StoredBatch> read = ReadFrom(log(), Position());
  ASSERT_FALSE(read.empty());
  EXPECT_TRUE(ValidateBatch(read.back().view).ok()) << ValidateBatch(read.back().view);
  EXPECT_EQ(read.back().view.end_offset, 40u);
  if (storage().keeps_batches()) {
    EXPECT_EQ(read.back().view.first_offset, 20u);
  }
  EXPECT_THAT(Names(read), ElementsAre("app:0", "app:10", "app:20", "app:30"));
  EXPECT_THAT(EndOffsets(log(), "web-1"), ElementsAre("1:40"));
}

TEST_P(EventLogContractTest, MovesTheWatermarkOfABatchWhoseLinesBeginBelowIt) {
  EXPECT_EQ(AppendOne(log(), {.lines = 1, .line_bytes = 15}).outcome, Outcome::kStored);
  // Two lines, at 0 and 10: none begins at 15 or behind it.
  EXPECT_EQ(AppendOne(log(), {.lines = 2, .line_bytes = 10}).outcome, Outcome::kDuplicate);
  EXPECT_THAT(EndOffsets(log(), "web-1"), ElementsAre("1:20"));
  EXPECT_EQ(ReadFrom(log(), Position()).size(), 1u);
}

TEST_P(EventLogContractTest, StoresABatchBehindAGap) {
  EXPECT_EQ(AppendOne(log(), OneLine("app", 1, 0)).outcome, Outcome::kStored);
  EXPECT_EQ(AppendOne(log(), OneLine("app", 1, 100)).outcome, Outcome::kStored);
  EXPECT_THAT(Names(ReadFrom(log(), Position())), ElementsAre("app:0", "app:100"));
  EXPECT_THAT(EndOffsets(log(), "web-1"), ElementsAre("1:110"));
}

TEST_P(EventLogContractTest, RejectsWhatIsNoBatchAndStoresItsNeighbours) {
  PendingBatch no_topic = Pend(OneLine("app", 1, 10));
  no_topic.view.topic = "a/b";
  PendingBatch no_agent = Pend(OneLine("app", 1, 10));
  no_agent.view.agent = "";
  const std::vector<AppendResult> results =
      AppendAll(log(), {Pend(OneLine("app", 1, 0)), no_topic, no_agent, Pend(OneLine("app", 2, 0))});
  EXPECT_EQ(results[0].outcome, Outcome::kStored);
  EXPECT_EQ(results[1].outcome, Outcome::kRejected);
  EXPECT_EQ(results[1].rejection.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(results[2].outcome, Outcome::kRejected);
  EXPECT_EQ(results[3].outcome, Outcome::kStored);
  EXPECT_THAT(EndOffsets(log(), "web-1"), UnorderedElementsAre("1:10", "2:10"));
}

TEST_P(EventLogContractTest, KeepsTheWatermarkOfEachFileWithWhatIdentifiesIt) {
  const v1::LogBatch batch =
      testing::MakeBatch({.agent = "db:1", .path = "/var/log/ü.log", .inode = 7, .generation = 2});
  AppendAll(log(), {Pend(batch)});
  AppendOne(log(), {.agent = "db:10", .inode = 8});
  for (int round = 0; round < 2; ++round) {
    const auto watermarks = log().Watermarks("db:1");
    ASSERT_TRUE(watermarks.ok()) << watermarks.status();
    ASSERT_EQ(watermarks->size(), 1u);
    const v1::FileWatermark& watermark = watermarks->front();
    EXPECT_EQ(watermark.file().SerializeAsString(), batch.file().SerializeAsString());
    EXPECT_EQ(watermark.end_offset(), batch.end_offset());
    EXPECT_EQ(watermark.path(), batch.path());
    EXPECT_EQ(watermark.head().SerializeAsString(), batch.head().SerializeAsString());
    EXPECT_EQ(watermark.frontier().SerializeAsString(), batch.frontier().SerializeAsString());
    EXPECT_THAT(log().Agents(), UnorderedElementsAre("db:1", "db:10"));
    storage().Reopen();
  }
}

TEST_P(EventLogContractTest, CountsWhatIsInATopic) {
  storage().clock().Advance(1'000);
  const int64_t first = storage().clock().UnixNanos();
  const PendingBatch a = Pend({.topic = "b", .lines = 3, .line_bytes = 10});
  const PendingBatch b = Pend({.topic = "b", .first_offset = 30, .lines = 2, .line_bytes = 10});
  AppendAll(log(), {a});
  storage().clock().Advance(1'000'000'000);
  AppendAll(log(), {b, Pend(OneLine("a", 2, 0))});
  for (int round = 0; round < 2; ++round) {
    const std::vector<TopicInfo> topics = log().Topics();
    ASSERT_EQ(topics.size(), 2u);
    EXPECT_EQ(topics[0].name, "a");
    EXPECT_EQ(topics[1].name, "b");
    EXPECT_EQ(topics[1].records, 5u);
    EXPECT_EQ(topics[1].records_appended, 5u);
    if (storage().keeps_batches()) {
      EXPECT_EQ(topics[1].bytes, a.bytes.size() + b.bytes.size());
      EXPECT_EQ(topics[1].first_append_unix_nano, first);
      EXPECT_EQ(topics[1].last_append_unix_nano, first + 1'000'000'000);
    }
    storage().Reopen();
  }
}

}  // namespace
}  // namespace sluice::collector
