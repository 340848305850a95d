#include "base/rocksdb_log.h"

#include <memory>
#include <string>

#include "base/log.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class RocksDbLogTest : public ::testing::Test {
 protected:
  ~RocksDbLogTest() override { log::Configure(log::Format::kText, log::Level::kInfo); }

  std::string Say(rocksdb::InfoLogLevel level) {
    ::testing::internal::CaptureStderr();
    rocksdb::Log(level, logger_, "table %d is damaged", 7);
    return ::testing::internal::GetCapturedStderr();
  }

  const std::shared_ptr<rocksdb::Logger> logger_ = NewRocksDbLog();
};

TEST_F(RocksDbLogTest, TellsWarningsAndErrorsWhereSomebodyLooksForThem) {
  log::Configure(log::Format::kText, log::Level::kDebug);
  for (const auto level : {rocksdb::WARN_LEVEL, rocksdb::ERROR_LEVEL, rocksdb::FATAL_LEVEL}) {
    EXPECT_THAT(Say(level), HasSubstr("rocksdb: RocksDB says message=")) << level;
    EXPECT_THAT(Say(level), HasSubstr("table 7 is damaged")) << level;
  }
}

TEST_F(RocksDbLogTest, IsQuietOtherwise) {
  EXPECT_THAT(Say(rocksdb::ERROR_LEVEL), IsEmpty()) << "the log tells from info on";
  log::Configure(log::Format::kText, log::Level::kDebug);
  EXPECT_THAT(Say(rocksdb::INFO_LEVEL), IsEmpty());
  EXPECT_THAT(Say(rocksdb::HEADER_LEVEL), IsEmpty());
}

}  // namespace
}  // namespace sluice
