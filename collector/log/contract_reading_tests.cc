// The part of the contract that is about reading.
#include <algorithm>
#include <atomic>
#include <map>
#include <set>
#include <thread>
#include <utility>

#include "base/mutex.h"
#include "base/strings.h"
#include "collector/log/contract_test_suite.h"
#include "collector/log/testing_log.h"
#include "gmock/gmock.h"

namespace sluice::collector {

using testing::AllTopics;
using testing::AppendAll;
using testing::AppendOne;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::Names;
using testing::OneLine;
using testing::Pend;
using testing::ReadAll;
using testing::ReadFrom;
using ::testing::UnorderedElementsAre;
using Outcome = AppendResult::Outcome;

namespace {

TEST_P(EventLogContractTest, ReadsAcrossTopicsInOneOrder) {
  for (uint64_t i = 0; i < 20; ++i) AppendOne(log(), OneLine(StrCat("t", i % 5), i % 5, 10 * (i / 5)));
  for (int round = 0; round < 2; ++round) {
    const std::vector<StoredBatch> read = ReadFrom(log(), Position());
    ASSERT_EQ(Names(read).size(), 20u);
    for (uint64_t i = 0; i < 20 && storage().keeps_batches(); ++i) {
      EXPECT_EQ(read[i].view.topic, StrCat("t", i % 5));
      if (i > 0) {
        EXPECT_GT(read[i].sequence, read[i - 1].sequence);
      }
    }
    storage().Reopen();  // then from disk
  }
}

TEST_P(EventLogContractTest, ReadsOnlyTheTopicsThatMatch) {
  for (uint64_t i = 0; i < 10; ++i) {
    AppendAll(log(), {Pend(OneLine("yes", 1, 10 * i)), Pend(OneLine("no", 2, 10 * i))});
  }
  for (int round = 0; round < 2; ++round) {
    if (round == 1) storage().Reopen();
    const auto reader = log().NewReader(Position(), [](std::string_view topic) { return topic == "yes"; });
    const std::vector<StoredBatch> read = ReadAll(*reader);
    EXPECT_EQ(Names(read).size(), 10u);
    for (const StoredBatch& batch : read) EXPECT_EQ(batch.view.topic, "yes");
    if (storage().keeps_batches()) {
      EXPECT_EQ(reader->position(), log().End());
    }
  }
}

TEST_P(EventLogContractTest, AsksAboutEachTopicOnce) {
  std::multiset<std::string> asked;
  AppendOne(log(), OneLine("a", 1, 0));
  const auto reader = log().NewReader(Position(), [&asked](std::string_view topic) {
    asked.emplace(topic);
    return true;
  });
  EXPECT_EQ(Names(ReadAll(*reader)).size(), 1u);
  AppendOne(log(), OneLine("a", 1, 10));
  AppendOne(log(), OneLine("b", 2, 0));
  EXPECT_EQ(Names(ReadAll(*reader)).size(), 2u);
  AppendOne(log(), OneLine("b", 2, 10));
  EXPECT_EQ(Names(ReadAll(*reader)).size(), 1u);
  EXPECT_THAT(asked, UnorderedElementsAre("a", "b"));
}

TEST_P(EventLogContractTest, ReadsInPortionsOfAboutTheBytesAskedFor) {
  for (uint64_t i = 0; i < 50; ++i) AppendOne(log(), {.first_offset = 100 * i, .lines = 10, .line_bytes = 10});
  const size_t size = Pend({.lines = 10, .line_bytes = 10}).bytes.size();
  for (int round = 0; round < 2; ++round) {
    if (round == 1) storage().Reopen();
    const auto reader = log().NewReader(Position(), AllTopics);
    std::vector<StoredBatch> batches;
    Omission omission;
    ASSERT_TRUE(reader->Read(3 * size, &batches, &omission).ok());
    EXPECT_GE(batches.size(), 1u);
    EXPECT_LE(batches.size(), 5u);
    ASSERT_TRUE(reader->Read(1, &batches, &omission).ok());
    EXPECT_EQ(Names(ReadAll(*reader, nullptr, size)).size() + Names(batches).size(), 500u);
  }
}

TEST_P(EventLogContractTest, GoesOnFromAnyPositionOfAReader) {
  for (uint64_t i = 0; i < 10; ++i) AppendOne(log(), OneLine(StrCat("t", i % 3), i % 3, 10 * i));
  std::vector<std::string> all = Names(ReadFrom(log(), Position()));
  EXPECT_EQ(all.size(), 10u);
  for (int round = 0; round < 2; ++round) {
    if (round == 1) storage().Reopen();
    std::vector<std::string> read;
    Position position;
    for (int i = 0; i < 11; ++i) {
      const auto reader = log().NewReader(position, AllTopics);
      EXPECT_EQ(reader->position(), position);
      std::vector<StoredBatch> batches;
      Omission omission;
      ASSERT_TRUE(reader->Read(1, &batches, &omission).ok());
      for (std::string& name : Names(batches)) read.push_back(std::move(name));
      // As a client would, through the wire.
      const auto parsed = log().ParseCursor(log().FormatCursor(reader->position()));
      ASSERT_TRUE(parsed.ok()) << parsed.status();
      EXPECT_EQ(*parsed, reader->position());
      position = *parsed;
    }
    if (!storage().keeps_batches()) {  // the order of topics is nobody's
      std::sort(read.begin(), read.end());
      std::sort(all.begin(), all.end());
    }
    EXPECT_EQ(read, all);
    EXPECT_EQ(position, log().End());
  }
}

TEST_P(EventLogContractTest, GoesOnBehindAnyRecordOfABatch) {
  AppendOne(log(), OneLine("app", 1, 0));
  AppendOne(log(), {.first_offset = 10, .lines = 5, .line_bytes = 10});
  for (uint32_t passed = 0; passed <= 6; ++passed) {
    const auto first = log().NewReader(Position(), AllTopics);
    std::vector<StoredBatch> batches;
    Omission omission;
    ASSERT_TRUE(first->Read(1 << 20, &batches, &omission).ok());
    ASSERT_EQ(Names(batches).size(), 6u);
    size_t batch = 0;
    uint32_t records = passed;
    while (records > batches[batch].view.count) records -= batches[batch++].view.count;
    const Position position = first->PositionAfter(batch, records);
    if (passed == 6) {
      EXPECT_EQ(position, first->position());
    }
    const auto reader = log().NewReader(*log().ParseCursor(log().FormatCursor(position)), AllTopics);
    EXPECT_EQ(reader->position(), position);
    std::vector<StoredBatch> rest;
    ASSERT_TRUE(reader->Read(1 << 20, &rest, &omission).ok());
    const uint32_t repeated = reader->passed_records();
    std::vector<std::string> names = Names(rest);
    ASSERT_EQ(names.size(), 6u - passed + repeated) << passed;
    names.erase(names.begin(), names.begin() + repeated);
    const std::vector<std::string> all = Names(batches);
    EXPECT_EQ(names, std::vector<std::string>(all.begin() + passed, all.end())) << passed;
    EXPECT_THAT(ReadAll(*reader), IsEmpty());  // an engine with several places may not have looked at all of them yet
    EXPECT_EQ(reader->position(), log().End());
  }
}

TEST_P(EventLogContractTest, ReadsWhatComesAfterTheEndWasReached) {
  AppendOne(log(), OneLine("app", 1, 0));
  const auto reader = log().NewReader(log().End(), AllTopics);
  EXPECT_THAT(ReadAll(*reader), IsEmpty());
  AppendOne(log(), OneLine("app", 1, 10));
  EXPECT_THAT(Names(ReadAll(*reader)), ElementsAre("app:10"));
  AppendOne(log(), OneLine("later", 2, 0));
  EXPECT_THAT(Names(ReadAll(*reader)), ElementsAre("later:0"));
}

TEST_P(EventLogContractTest, FindsThePositionOfAnAppendTime) {
  if (!storage().keeps_batches()) GTEST_SKIP() << "the engine knows only when records happened";
  SimulatedClock& clock = storage().clock();
  std::vector<int64_t> times;
  for (uint64_t i = 0; i < 5; ++i) {
    clock.Advance(1'000'000'000);
    times.push_back(clock.UnixNanos());
    AppendAll(log(), {Pend(OneLine("a", 1, 10 * i)), Pend(OneLine("b", 2, 10 * i))});
  }
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(ReadFrom(log(), log().AtAppendTime(0)).size(), 10u);
    for (size_t i = 0; i < times.size(); ++i) {
      EXPECT_EQ(ReadFrom(log(), log().AtAppendTime(times[i])).size(), 10 - 2 * i);
      EXPECT_EQ(ReadFrom(log(), log().AtAppendTime(times[i] + 1)).size(), 10 - 2 * i - 2);
    }
    EXPECT_EQ(log().AtAppendTime(times.back() + 1), log().End());
    storage().Reopen();
  }
}

TEST_P(EventLogContractTest, AppendTimesNeverGoBack) {
  if (!storage().keeps_batches()) GTEST_SKIP() << "the engine knows only when records happened";
  AppendOne(log(), OneLine("app", 1, 0));
  const int64_t now = storage().clock().UnixNanos();
  storage().clock().SetUnixNanos(now - 3'600'000'000'000);
  AppendOne(log(), OneLine("app", 1, 10));
  storage().Reopen();
  AppendOne(log(), OneLine("app", 1, 20));
  for (const StoredBatch& batch : ReadFrom(log(), Position())) EXPECT_EQ(batch.append_unix_nano, now);
}

TEST_P(EventLogContractTest, RefusesCursorsThatAreNotItsOwn) {
  AppendOne(log(), OneLine("app", 1, 0));
  const std::string cursor = log().FormatCursor(log().End());
  for (const std::string_view bad : {std::string_view(""), std::string_view("x"), std::string_view("r1"),
                                     std::string_view("r1-zz-1-1"), std::string_view("\0\xff", 2)}) {
    EXPECT_EQ(log().ParseCursor(bad).status().code(), absl::StatusCode::kInvalidArgument) << bad;
  }
  EXPECT_EQ(log().ParseCursor(cursor + "x").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(log().ParseCursor(cursor + std::string(1000, '0')).status().code(), absl::StatusCode::kInvalidArgument);
  const auto other = GetParam().make();
  EXPECT_EQ(other->log().ParseCursor(cursor).status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_P(EventLogContractTest, TellsListenersOfBatchesThatCanBeReadByThen) {
  Mutex mutex;
  CondVar changed;
  std::set<std::string> heard;
  // Somebody waits at the end.
  const auto reader = log().NewReader(Position(), AllTopics);
  EXPECT_THAT(ReadAll(*reader), IsEmpty());
  const uint64_t id = log().AddListener([&](const std::vector<StoredBatch>& batches) {
    MutexLock lock(&mutex);
    for (std::string& name : Names(batches)) heard.insert(std::move(name));
    changed.Signal();
  });
  AppendAll(log(), {Pend(OneLine("a", 1, 0)), Pend(OneLine("b", 2, 0)), Pend(OneLine("a", 1, 0))});
  {
    MutexLock lock(&mutex);
    while (heard.size() < 2) changed.Wait(&mutex);
  }
  EXPECT_THAT(Names(ReadAll(*reader)), UnorderedElementsAre("a:0", "b:0"));
  log().RemoveListener(id);
  AppendOne(log(), OneLine("a", 1, 10));
  EXPECT_THAT(Names(ReadAll(*reader)), ElementsAre("a:10"));
  MutexLock lock(&mutex);
  EXPECT_THAT(heard, UnorderedElementsAre("a:0", "b:0"));
}

TEST_P(EventLogContractTest, WritesWhatItTookWhenItStopsAndRefusesTheRest) {
  std::atomic<int> stored{0};
  std::atomic<int> answered{0};
  for (uint64_t i = 0; i < 20; ++i) {
    log().Append({Pend(OneLine("app", 1, 10 * i))}, [&](std::vector<AppendResult> results) {
      if (results[0].outcome == Outcome::kStored) ++stored;
      ++answered;
    });
  }
  log().Stop();
  EXPECT_EQ(stored, 20);
  EXPECT_EQ(answered, 20);
  const AppendResult refused = AppendOne(log(), OneLine("app", 1, 200));
  EXPECT_EQ(refused.outcome, Outcome::kRejected);
  EXPECT_EQ(refused.rejection.code(), absl::StatusCode::kUnavailable);
  log().Stop();
  storage().Reopen();
  EXPECT_EQ(Names(ReadFrom(log(), Position())).size(), 20u);
}

// Several appenders and readers at once: every reader sees every batch once, each file's in order, whenever it came.
TEST_P(EventLogContractTest, ManyReadersSeeEverythingOfManyAppendersOnceAndInOrder) {
  constexpr int kAppenders = 4;
  constexpr int kReaders = 4;
  constexpr uint64_t kBatches = 200;
  std::vector<std::thread> threads;
  for (int a = 0; a < kAppenders; ++a) {
    threads.emplace_back([this, a] {
      Mutex mutex;
      CondVar changed;
      int under_way = 0;
      for (uint64_t i = 0; i < kBatches; ++i) {
        log().Append({Pend(OneLine(StrCat("t", a % 2), static_cast<uint64_t>(a), 10 * i))},
                     [&](std::vector<AppendResult> results) {
                       EXPECT_EQ(results[0].outcome, Outcome::kStored);
                       MutexLock lock(&mutex);
                       --under_way;
                       changed.Signal();
                     });
        MutexLock lock(&mutex);
        ++under_way;
        while (under_way >= 8) changed.Wait(&mutex);
      }
      MutexLock lock(&mutex);
      while (under_way > 0) changed.Wait(&mutex);
    });
  }
  for (int r = 0; r < kReaders; ++r) {
    threads.emplace_back([this, r] {
      Mutex mutex;
      CondVar appended;
      bool news = true;
      const uint64_t listener = log().AddListener([&](const std::vector<StoredBatch>&) {
        MutexLock lock(&mutex);
        news = true;
        appended.Signal();
      });
      const auto reader = log().NewReader(Position(), [r](std::string_view topic) { return r > 0 || topic == "t0"; });
      const uint64_t wanted = kBatches * (r > 0 ? kAppenders : kAppenders / 2);
      std::map<uint64_t, uint64_t> next_offset;
      uint64_t seen = 0;
      while (seen < wanted) {
        {
          MutexLock lock(&mutex);
          while (!news) appended.Wait(&mutex);
          news = false;
        }
        for (const StoredBatch& batch : ReadAll(*reader, nullptr, /*max_bytes=*/1000)) {
          EXPECT_EQ(batch.view.first_offset, next_offset[batch.view.file.inode]);
          next_offset[batch.view.file.inode] = batch.view.end_offset;
          seen += batch.view.count;
        }
      }
      EXPECT_EQ(seen, wanted);
      log().RemoveListener(listener);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(Names(ReadFrom(log(), Position())).size(), kAppenders * kBatches);
}

}  // namespace
}  // namespace sluice::collector
