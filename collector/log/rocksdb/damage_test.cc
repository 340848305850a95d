// Stored data that is damaged: readers are told what they miss and go on, nothing crashes.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "collector/log/rocksdb/database.h"
#include "collector/log/rocksdb/rocksdb_log.h"
#include "collector/log/rocksdb/testing_directory.h"
#include "collector/log/testing_log.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rocksdb/metadata.h"

namespace sluice::collector {
namespace {

using testing::AllTopics;
using testing::AppendOne;
using testing::BatchNames;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Outcome = AppendResult::Outcome;

class DamageTest : public ::testing::TestWithParam<uint32_t> {
 protected:
  DamageTest() { options_.data_dir = directory_.path(); }

  void Reopen() {
    log_.reset();
    auto log = RocksDbLog::Open(options_, SystemClock());
    ASSERT_TRUE(log.ok()) << log.status();
    log_ = *std::move(log);
  }

  // Changes a byte of every table of the database that holds `text`. How many there were.
  int Damage(const std::string& text) {
    int damaged = 0;
    for (const auto& file : std::filesystem::directory_iterator(directory_.path() + "/log")) {
      if (file.path().extension() != ".sst") continue;
      std::ifstream in(file.path(), std::ios::binary);
      std::string bytes(std::istreambuf_iterator<char>(in), {});
      const size_t at = bytes.find(text);
      if (at == std::string::npos) continue;
      bytes[at] ^= 1;
      std::ofstream(file.path(), std::ios::binary) << bytes;
      ++damaged;
    }
    return damaged;
  }

  // Changes a byte in the middle of the index's only table.
  void DamageTheIndex() {
    log_.reset();
    std::vector<rocksdb::LiveFileMetaData> tables;
    {
      const auto database = Database::Open(options_, nullptr);
      ASSERT_TRUE(database.ok()) << database.status();
      const auto session = (*database)->Enter();
      ASSERT_TRUE(session.ok()) << session.status();
      session->db()->GetLiveFilesMetaData(&tables);
    }
    std::erase_if(tables, [](const auto& table) { return table.column_family_name != "index"; });
    ASSERT_EQ(tables.size(), 1u);
    std::fstream table(tables[0].db_path + tables[0].name, std::ios::in | std::ios::out | std::ios::binary);
    table.seekp(static_cast<std::streamoff>(tables[0].size / 2));
    table.put('\x55');
  }

  struct Reading {
    std::vector<std::string> names;
    std::vector<Omission> omissions;
  };
  Reading ReadEverything() {
    Reading reading;
    const auto reader = log_->NewReader(Position(), AllTopics);
    while (reader->position() != log_->End()) {
      std::vector<StoredBatch> batches;
      Omission omission;
      EXPECT_TRUE(reader->Read(1 << 20, &batches, &omission).ok());
      if (omission.reason != Omission::Reason::kNone) reading.omissions.push_back(omission);
      for (std::string& name : BatchNames(batches)) reading.names.push_back(std::move(name));
    }
    return reading;
  }

  testing::Directory directory_;
  RocksDbOptions options_;
  std::unique_ptr<RocksDbLog> log_;
};

// A batch's records lie where small batches lie several to a block, or in a block of their own.
INSTANTIATE_TEST_SUITE_P(BatchBytes, DamageTest, ::testing::Values(20'000, 100'000));

TEST_P(DamageTest, OfABatchIsToldAndTheNextOneIsRead) {
  Reopen();
  for (uint64_t i = 0; i < 5; ++i) {
    const std::string topic(1, static_cast<char>('a' + i));
    ASSERT_EQ(AppendOne(*log_, {.topic = topic, .inode = 100 + i, .lines = 10, .line_bytes = GetParam() / 10}).outcome,
              Outcome::kStored);
  }
  Reopen();  // recovery writes tables
  ASSERT_EQ(Damage("102:0 x"), 1);
  Reopen();
  const Reading reading = ReadEverything();
  ASSERT_EQ(reading.omissions.size(), 1u);
  EXPECT_EQ(reading.omissions[0].reason, Omission::Reason::kCorruption);
  EXPECT_EQ(reading.omissions[0].topic, "c");
  EXPECT_EQ(reading.omissions[0].records, 10u);
  EXPECT_THAT(reading.omissions[0].detail, HasSubstr("batch 3 cannot be read"));
  EXPECT_THAT(reading.names, ElementsAre("a:0", "b:0", "d:0", "e:0"));
  // The log goes on.
  EXPECT_EQ(AppendOne(*log_, {.topic = "f", .inode = 6}).outcome, Outcome::kStored);
  EXPECT_THAT(ReadEverything().names, ElementsAre("a:0", "b:0", "d:0", "e:0", "f:0"));
}

TEST_F(DamageTest, OfTheIndexIsToldAndTheRestIsRead) {
  Reopen();
  // Enough for many blocks of the index.
  std::vector<PendingBatch> batches;
  for (uint64_t i = 0; i < 4000; ++i) {
    batches.push_back(testing::Pend({.topic = "app", .first_offset = 16 * i, .lines = 1, .line_bytes = 16}));
  }
  testing::AppendAll(*log_, std::move(batches));
  Reopen();  // recovery writes tables
  DamageTheIndex();
  Reopen();
  const Reading reading = ReadEverything();
  EXPECT_GE(reading.omissions.size(), 1u);
  for (const Omission& omission : reading.omissions) EXPECT_EQ(omission.reason, Omission::Reason::kCorruption);
  EXPECT_GT(reading.names.size(), 1000u);
  EXPECT_LT(reading.names.size(), 4000u);
  EXPECT_EQ(reading.names.front(), "app:0");
  EXPECT_EQ(reading.names.back(), "app:63984");
}

TEST_F(DamageTest, OfAWholeTableThatIsGoneIsReportedAtTheStart) {
  Reopen();
  AppendOne(*log_, {});
  Reopen();
  log_.reset();
  for (const auto& file : std::filesystem::directory_iterator(directory_.path() + "/log")) {
    if (file.path().extension() == ".sst") std::filesystem::remove(file.path());
  }
  const auto log = RocksDbLog::Open(options_, SystemClock());
  EXPECT_EQ(log.status().code(), absl::StatusCode::kDataLoss) << log.status();
  EXPECT_THAT(log.status().message(), HasSubstr(directory_.path()));
}

}  // namespace
}  // namespace sluice::collector
