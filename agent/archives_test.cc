// Compressed generations: what was read before they were compressed is not read again.
#include <algorithm>
#include <string>
#include <vector>

#include "agent/testing/numbered_lines.h"
#include "agent/testing/test_host.h"
#include "base/strings.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::agent {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ArchiveFormatTest : public ::testing::TestWithParam<const char*> {
 protected:
  static std::string Packed(const std::string& name) { return name + GetParam(); }
};
INSTANTIATE_TEST_SUITE_P(All, ArchiveFormatTest, ::testing::Values(".gz", ".zst"));

TEST(ArchivesTest, ReadsGenerationsThatItNeverSawOldestFirst) {
  TestHost host(WithArchives());
  host.Append("tmp", "1\n2\n");
  host.Compress("tmp", "app.log.3.zst");
  host.WriteNew("tmp", "3\nlast without an end");
  host.Compress("tmp", "app.log.2.gz");
  host.Delete("tmp");
  host.Append("app.log.1", "4\n");
  host.Append("app.log", "5\n");
  host.StartAgent();
  host.SettleAll();
  std::vector<StoredLine> all = host.collector().All();
  EXPECT_THAT(host.collector().LinesOf("source"), ElementsAre("1", "2", "3", "last without an end", "4", "5"));
  EXPECT_EQ(all[1].offset, 2) << "offsets are those of the plain content";
  EXPECT_EQ(all[3].record.part(), v1::LINE_PART_UNTERMINATED);
}

TEST(ArchivesTest, LeavesArchivesAloneUnlessAsked) {
  TestHost host;
  host.Append("tmp", "1\n");
  host.Compress("tmp", "app.log.1.gz");
  host.Delete("tmp");
  host.StartAgent();
  host.SettleAll();
  EXPECT_THAT(host.collector().All(), IsEmpty());
}

TEST_P(ArchiveFormatTest, DoesNotReadAgainWhatItReadBeforeItWasCompressed) {
  for (bool is_gone_first : {true, false}) {
    TestHost host(WithArchives());
    host.StartAgent();
    host.Append("app.log", Joined(Numbered(0, 100)));
    host.Settle();
    host.Rename("app.log", "app.log.1");
    host.Append("app.log", "next\n");
    host.Settle();
    host.Compress("app.log.1", Packed("app.log.1"));
    if (!is_gone_first) host.SettleAll();
    host.Delete("app.log.1");
    host.SettleAll();
    std::vector<std::string> expected = Numbered(0, 100);
    expected.push_back("next");
    ExpectLines(host, expected);
  }
}

TEST_P(ArchiveFormatTest, GoesOnInTheArchiveOfAFileThatItHadReadInPart) {
  TestHost host(WithArchives());
  host.Append("app.log", Joined(Numbered(0, 100)));
  host.StartAgent();
  host.Settle();
  host.SaveCheckpoint();
  host.KillAgent();
  host.Append("app.log", Joined(Numbered(100, 100)));
  host.Compress("app.log", Packed("app.log.1"));
  host.Delete("app.log");
  host.Append("app.log", "next\n");
  host.StartAgent();
  host.SettleAll();
  std::vector<std::string> expected = Numbered(0, 200);
  expected.push_back("next");
  ExpectLines(host, expected);
  EXPECT_EQ(host.collector().files().size(), 2) << "it is the same file";
}

TEST_P(ArchiveFormatTest, GoesOnAtItsPlainOffsetAfterARestart) {
  TestHost::Options options = WithArchives();
  options.tailer.window_bytes = 1000;
  options.tailer.message_bytes = 1000;
  options.tailer.reader.max_line_bytes = 1024;
  options.tailer.reader.chunk_bytes = 4096;
  TestHost host(options);
  host.Append("tmp", Joined(Numbered(0, 2000)));
  host.Compress("tmp", Packed("app.log.1"));
  host.Delete("tmp");
  for (int restart = 0; restart < 5; ++restart) {
    host.StartAgent();
    host.collector().Connect();
    host.Work();
    host.collector().Process(100, /*acknowledge=*/restart % 2 == 0);
    host.Work();
    if (restart % 2 == 0) host.SaveCheckpoint();
    host.KillAgent();
  }
  EXPECT_LT(host.collector().All().size(), 2000);
  host.StartAgent();
  host.SettleAll();
  ExpectLines(host, Numbered(0, 2000));
}

TEST(ArchivesTest, ReadsTheArchiveOfAFileThatCouldNotBeOpenedThoughNobodyToldThatItWent) {
  TestHost host(WithArchives());
  host.StartAgent();
  host.files().FailReads(100, 1);
  host.Append("app.log.1", Joined(Numbered(0, 100)));
  host.Settle();
  host.files().FailReads(0, 1);
  host.Compress("app.log.1", "app.log.1.gz");
  host.Delete("app.log.1");
  host.watcher()->Overflow();
  host.SettleAll();
  ExpectLines(host, Numbered(0, 100));
}

// Nothing of it was delivered when it was compressed and emptied: the archive goes on for it. It itself is another file
// when it can be opened again, though its inode is known.
TEST(ArchivesTest, AFileThatCanBeOpenedLaterThanItsArchiveIsAnotherOne) {
  TestHost host(WithArchives());
  const std::string away = StrCat("../away-", host.Inode("."));
  host.Append("app.log", NumberedText(0, 50));
  host.StartAgent();
  host.collector().Connect();
  host.Work();
  ASSERT_EQ(host.collector().waiting(), 1);
  host.SaveCheckpoint();
  host.KillAgent();
  host.Compress("app.log", "app.log.1.gz");
  host.Truncate("app.log");
  host.Append("app.log", NumberedText(50, 60));
  host.Rename("app.log", away);
  host.StartAgent();
  host.SettleAll();
  host.Rename(away, "app.log");
  host.SettleAll();
  ExpectLines(host, Numbered(0, 110));
}

TEST(ArchivesTest, DeliversWhatIsBeforeADamageAndCountsTheRest) {
  TestHost host(WithArchives());
  host.Append("tmp", Joined(Numbered(0, 20'000)));
  host.Compress("tmp", "app.log.1.gz");
  host.Delete("tmp");
  std::string packed = host.Content("app.log.1.gz");
  host.WriteNew("app.log.1.gz", packed.substr(0, packed.size() / 2) + std::string(500, '\xff'));
  host.StartAgent();
  host.SettleAll();
  std::vector<std::string> found = host.collector().LinesOf("source");
  EXPECT_GT(found.size(), 5'000);
  EXPECT_EQ(found[4'999], Numbered(4'999, 1)[0]);
  EXPECT_GT(host.metrics().Losses().at("corrupt"), 0);
  EXPECT_THAT(host.EventNames(), ElementsAre("appeared app.log.1.gz", "gap app.log.1.gz"));
}

TEST(ArchivesTest, WaitsForAnArchiveThatIsBeingWrittenAndGivesUpOnOneThatIsNot) {
  TestHost elsewhere;
  elsewhere.Append("tmp", Joined(Numbered(0, 20'000)));
  elsewhere.Compress("tmp", "packed");
  const std::string packed = elsewhere.Content("packed");
  TestHost host(WithArchives());
  host.StartAgent();
  host.Settle();
  host.WriteNew("other.log.1.gz", packed.substr(0, packed.size() / 2));
  host.clock().Advance(30'000'000'000);
  host.Settle();
  EXPECT_EQ(Lost(host), 0);
  host.clock().Advance(70'000'000'000);
  host.Settle();
  host.SettleAll();
  EXPECT_GT(host.metrics().Losses().at("corrupt"), 0);
}

TEST(ArchivesTest, ATextWithAnArchivesNameIsText) {
  TestHost host(WithArchives());
  host.Append("app.log.gz", "plain\n");
  host.StartAgent();
  host.Settle();
  EXPECT_THAT(host.collector().LinesOf("source"), ElementsAre("plain"));
}

TEST(ArchivesTest, ReadsManyWithFewDecoders) {
  TestHost host(WithArchives());
  for (int i = 0; i < 50; ++i) {
    host.WriteNew("tmp", Joined(Numbered(i * 100, 100)));
    host.Compress("tmp", "f" + std::to_string(i) + ".gz");
  }
  host.Delete("tmp");
  host.StartAgent();
  host.SettleAll();
  EXPECT_EQ(host.collector().All().size(), 5000);
}

TEST(ArchivesTest, ReadArchivesAreNotDecodedAgainWhenTheyAreRenamed) {
  TestHost host(WithArchives());
  host.Append("app.log.1", NumberedText(0, 100));
  host.Compress("app.log.1", "app.log.1.gz");
  host.Delete("app.log.1");
  host.StartAgent();
  host.SettleAll();
  int reads = 0;
  host.Rename("app.log.1.gz", "app.log.2.gz");
  host.files().Meanwhile([&] { ++reads; });
  host.Work();
  EXPECT_LT(reads, 5) << "its names are looked up, its content is not";
  host.files().Meanwhile(nullptr);
  host.SettleAll();
  ExpectLines(host, Numbered(0, 100));
}

}  // namespace
}  // namespace sluice::agent
