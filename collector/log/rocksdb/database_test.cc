// Which directories the log accepts, and what it says about the others.
#include "collector/log/rocksdb/database.h"

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "collector/log/rocksdb/keys.h"
#include "collector/log/rocksdb/rocksdb_log.h"
#include "collector/log/rocksdb/testing_directory.h"
#include "collector/log/testing_log.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::collector {
namespace {

using ::testing::AllOf;
using testing::AppendOne;
using ::testing::HasSubstr;

class DataDirectoryTest : public ::testing::Test {
 protected:
  DataDirectoryTest() {
    options_.data_dir = directory_.path() + "/data";
    log_directory_ = options_.data_dir + "/log";
  }
  absl::StatusOr<std::unique_ptr<RocksDbLog>> Open() { return RocksDbLog::Open(options_, SystemClock()); }
  absl::Status OpenStatus() { return Open().status(); }

  // Changes the database behind the log's back.
  void WriteMeta(std::string_view key, const std::string& value) {
    const auto database = Database::Open(options_, nullptr);
    ASSERT_TRUE(database.ok()) << database.status();
    const auto session = (*database)->Enter();
    ASSERT_TRUE(session.ok());
    ASSERT_TRUE(session->db()->Put({}, session->meta(), ToSlice(key), value).ok());
  }

  testing::Directory directory_;
  RocksDbOptions options_;
  std::string log_directory_;
};

TEST_F(DataDirectoryTest, IsMadeWithItsParents) {
  options_.data_dir = directory_.path() + "/a/b/c";
  EXPECT_TRUE(OpenStatus().ok());
  EXPECT_TRUE(std::filesystem::exists(directory_.path() + "/a/b/c/log/CURRENT"));
}

TEST_F(DataDirectoryTest, KeepsTheIdOfItsLog) {
  std::string cursor;
  {
    const auto log = Open();
    ASSERT_TRUE(log.ok()) << log.status();
    cursor = (*log)->FormatCursor((*log)->End());
  }
  const auto log = Open();
  ASSERT_TRUE(log.ok()) << log.status();
  EXPECT_EQ((*log)->FormatCursor((*log)->End()), cursor);
}

TEST_F(DataDirectoryTest, ServesOneLogAtATime) {
  const auto log = Open();
  ASSERT_TRUE(log.ok()) << log.status();
  const absl::Status second = OpenStatus();
  EXPECT_EQ(second.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(second.message(), AllOf(HasSubstr(log_directory_), HasSubstr("in use by another process")));
}

TEST_F(DataDirectoryTest, MustNotHoldSomebodyElsesFiles) {
  std::filesystem::create_directories(log_directory_);
  std::ofstream(log_directory_ + "/photo.jpg") << "x";
  const absl::Status status = OpenStatus();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(status.message(), AllOf(HasSubstr(log_directory_), HasSubstr("photo.jpg")));
  EXPECT_FALSE(std::filesystem::exists(log_directory_ + "/CURRENT"));
}

TEST_F(DataDirectoryTest, MustNotHoldSomebodyElsesDatabase) {
  std::filesystem::create_directories(log_directory_);
  rocksdb::Options options;
  options.create_if_missing = true;
  rocksdb::DB* db = nullptr;
  ASSERT_TRUE(rocksdb::DB::Open(options, log_directory_, &db).ok());
  rocksdb::ColumnFamilyHandle* family = nullptr;
  ASSERT_TRUE(db->Put({}, "key", "value").ok());
  ASSERT_TRUE(db->CreateColumnFamily({}, "theirs", &family).ok());
  ASSERT_TRUE(db->DestroyColumnFamilyHandle(family).ok());
  delete db;
  EXPECT_THAT(OpenStatus().message(), HasSubstr("not Sluice's"));
  EXPECT_THAT(OpenStatus().message(), HasSubstr("theirs"));
}

TEST_F(DataDirectoryTest, MustNotHoldADatabaseWithoutFormat) {
  std::filesystem::create_directories(log_directory_);
  rocksdb::Options options;
  options.create_if_missing = true;
  rocksdb::DB* db = nullptr;
  ASSERT_TRUE(rocksdb::DB::Open(options, log_directory_, &db).ok());
  ASSERT_TRUE(db->Put({}, "key", "value").ok());
  delete db;
  const absl::Status status = OpenStatus();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(status.message(), HasSubstr("not Sluice's"));
}

TEST_F(DataDirectoryTest, MustNotHaveALaterFormat) {
  ASSERT_TRUE(OpenStatus().ok());
  WriteMeta(keys::kFormat, "2");
  const absl::Status status = OpenStatus();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(status.message(), AllOf(HasSubstr(log_directory_), HasSubstr("format '2'"), HasSubstr("newer")));
}

TEST_F(DataDirectoryTest, MustNotBeAFile) {
  std::ofstream(options_.data_dir) << "x";
  EXPECT_THAT(OpenStatus().message(), AllOf(HasSubstr(log_directory_), HasSubstr("cannot be made")));
}

TEST_F(DataDirectoryTest, IsReportedIfItIsDamaged) {
  {
    const auto log = Open();
    ASSERT_TRUE(log.ok()) << log.status();
    AppendOne(**log, {});
  }
  for (const auto& file : std::filesystem::directory_iterator(log_directory_)) {
    if (file.path().filename().string().starts_with("MANIFEST")) std::filesystem::resize_file(file.path(), 20);
  }
  const absl::Status status = OpenStatus();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
  EXPECT_THAT(status.message(), AllOf(HasSubstr(log_directory_), HasSubstr("damaged")));
}

TEST_F(DataDirectoryTest, IsReportedIfATopicIsDamaged) {
  {
    const auto log = Open();
    ASSERT_TRUE(log.ok()) << log.status();
    AppendOne(**log, {});
  }
  WriteMeta(keys::EncodeTopic(keys::kAppendedPrefix, 0), "\xff\xff");
  const absl::Status status = OpenStatus();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
  EXPECT_THAT(status.message(), AllOf(HasSubstr(log_directory_), HasSubstr("topic 0")));
}

}  // namespace
}  // namespace sluice::collector
