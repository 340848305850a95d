#include "agent/tail/file_report.h"

#include <memory>
#include <utility>

#include "base/strings.h"
#include "gtest/gtest.h"

namespace sluice::agent {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

class FileReportTest : public ::testing::Test {
 protected:
  FileReportTest() {
    SourceOptions options;
    options.name = "app";
    options.root = "/logs";
    source_ = *Source::Create(options, "agent");
  }
  TailedFile* Add(const std::string& path, uint64_t size, uint64_t acked) {
    auto file = std::make_unique<TailedFile>();
    file->source = source_;
    file->path = file->first_path = path;
    file->inode = table_.size() + 1;
    file->size = size;
    file->acked.offset = acked;
    file->read.offset = acked;
    return table_.Add(std::move(file));
  }

  std::shared_ptr<const Source> source_;
  FileTable table_;
};

TEST_F(FileReportTest, SumsUpTheLag) {
  Add("/logs/a/x.log", 100, 40);
  Add("/logs/a/y.log", 10, 10);
  EXPECT_EQ(NoteLag(table_, kSecond).bytes, 60);
  EXPECT_EQ(NoteLag(table_, kSecond).nanos, 0);
  EXPECT_EQ(NoteLag(table_, 5 * kSecond).nanos, 4 * kSecond);
}

TEST_F(FileReportTest, TheAgeIsThatOfTheOldestByteThatIsNotAcknowledged) {
  TailedFile* file = Add("/logs/a/x.log", 100, 0);
  NoteLag(table_, 10 * kSecond);  // 100 bytes are there
  file->size = 200;
  NoteLag(table_, 20 * kSecond);
  file->acked.offset = 99;
  EXPECT_EQ(NoteLag(table_, 30 * kSecond).nanos, 20 * kSecond) << "the hundredth byte was there at 10 s";
  file->acked.offset = 100;
  EXPECT_EQ(NoteLag(table_, 31 * kSecond).nanos, 21 * kSecond) << "came after 10 s, for all that is known";
  file->acked.offset = 200;
  EXPECT_EQ(NoteLag(table_, 32 * kSecond).nanos, 0);
  file->size = 300;
  EXPECT_EQ(NoteLag(table_, 40 * kSecond).nanos, 0);
}

TEST_F(FileReportTest, ALineThatItsWriterHasNotEndedIsNoDelay) {
  TailedFile* file = Add("/logs/a/x.log", 100, 90);
  file->scanned = 100;  // and there was no newline
  NoteLag(table_, kSecond);
  EXPECT_EQ(NoteLag(table_, 100 * kSecond).nanos, 0);
  EXPECT_EQ(NoteLag(table_, 100 * kSecond).bytes, 10);
  file->size = 120;
  NoteLag(table_, 101 * kSecond);
  EXPECT_EQ(NoteLag(table_, 103 * kSecond).nanos, 2 * kSecond) << "what came since is not looked at yet";
}

TEST_F(FileReportTest, TellsEachFileThoseWithTheMostLagFirst) {
  Add("/logs/a/live.log", 10, 10);
  TailedFile* backlog = Add("/logs/b/backlog.log", 5000, 1000);
  backlog->backlog = true;
  TailedFile* away = Add("/logs/rotated.log", 50, 40);
  away->detached = true;
  TailedFile* deleted = Add("/logs/deleted.log", 50, 30);
  deleted->detached = deleted->deleted = true;
  TailedFile* held = Add("/logs/held.log", 50, 20);
  held->held_until = 100 * kSecond;
  NoteLag(table_, kSecond);
  v1::AgentFiles report = ReportFiles(table_, {"/logs/secret.log"}, 3 * kSecond);
  std::string text;
  for (const v1::AgentFile& file : report.files()) {
    StrAppend(&text, file.path(), " ", file.topic(), " ", file.size(), " ", file.acked_offset(), " ",
              v1::FileState_Name(file.state()), " ", file.lag_millis(), "\n");
  }
  EXPECT_EQ(text,
            "/logs/secret.log  0 0 FILE_STATE_UNREADABLE 0\n"
            "/logs/b/backlog.log b 5000 1000 FILE_STATE_BACKLOG 2000\n"
            "/logs/held.log app 50 20 FILE_STATE_HELD 2000\n"
            "/logs/deleted.log app 50 30 FILE_STATE_DELETED 2000\n"
            "/logs/rotated.log app 50 40 FILE_STATE_ROTATED_AWAY 2000\n"
            "/logs/a/live.log a 10 10 FILE_STATE_LIVE 0\n");
  EXPECT_EQ(report.omitted(), 0);
  EXPECT_EQ(report.by_state().at("rotated_away"), 1);
  EXPECT_EQ(report.by_state().at("unreadable"), 1);
}

TEST_F(FileReportTest, TellsNamesAsText) {
  Add("/logs/a/caf\xe9.log", 1, 0);
  Add("/logs/a/" + std::string(1015, 'x') + "é", 1, 0);  // is cut inside of its last character
  const v1::AgentFiles report = ReportFiles(table_, {"/logs/\xff.log"}, kSecond);
  EXPECT_TRUE(v1::AgentFiles().ParseFromString(report.SerializeAsString())) << "all of it is UTF-8";
  EXPECT_EQ(report.files(0).path(), "/logs/\uFFFD.log");
  EXPECT_EQ(report.files(1).path(), "/logs/a/caf\uFFFD.log");
  EXPECT_TRUE(report.files(2).path().ends_with("x\uFFFD"));
}

TEST_F(FileReportTest, IsBoundedHoweverManyFilesThereAre) {
  for (int i = 0; i < 5000; ++i) Add(StrCat("/logs/", i, "/", std::string(400, 'x')), 1000 + i, 0);
  NoteLag(table_, kSecond);
  v1::AgentFiles report = ReportFiles(table_, {}, kSecond);
  EXPECT_LT(report.ByteSizeLong(), 300 << 10);
  EXPECT_GT(report.files_size(), 200);
  EXPECT_EQ(report.files_size() + report.omitted(), 5000);
  EXPECT_EQ(report.by_state().at("live"), 5000);
  EXPECT_EQ(report.files(0).size(), 5999) << "those with the most lag";
}

}  // namespace
}  // namespace sluice::agent
