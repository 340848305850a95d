// Framing and processing with files that grow, are read again, and end: on a real directory.
#include <string>
#include <vector>

#include "agent/testing/test_host.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::agent {
namespace {

using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr int64_t kSecond = 1'000'000'000;

TestHost::Options Multiline() {
  TestHost::Options options;
  options.source.framing.multiline = MultilineOptions{.indented = true};
  return options;
}

TestHost::Options DropBelowWarn() {
  TestHost::Options options;
  options.source.process.filter.drop = {{.severity = v1::SEVERITY_WARN}};
  return options;
}

std::vector<std::string> Lines(TestHost& host) { return host.collector().LinesOf("source"); }

TEST(FramingTest, ARecordIsSentWhenTheNextOneBegins) {
  TestHost host(Multiline());
  host.Append("a.log", "one\n 1\n");
  host.StartAgent();
  host.Settle();
  EXPECT_THAT(Lines(host), IsEmpty());
  host.Append("a.log", "\t2\ntwo\n");
  host.Settle();
  EXPECT_THAT(Lines(host), ElementsAre("one\n 1\n\t2"));
  EXPECT_EQ(host.collector().All()[0].record.part(), v1::LINE_PART_UNSPECIFIED);
}

TEST(FramingTest, TheLastRecordIsSentWhenTheFileHasNotGrownForTheTimeout) {
  TestHost host(Multiline());
  host.Append("a.log", "one\n 1\n");
  host.StartAgent();
  host.Settle();
  host.clock().Advance(kSecond / 2);
  host.Append("a.log", " 2\n");
  host.Settle();
  host.clock().Advance(kSecond * 3 / 4);
  host.Settle();
  EXPECT_THAT(Lines(host), IsEmpty()) << "it has grown meanwhile";
  host.clock().Advance(kSecond / 2);
  host.Settle();
  EXPECT_THAT(Lines(host), ElementsAre("one\n 1\n 2"));
}

TEST(FramingTest, ALineWithoutItsNewlineIsNotSentByTheTimeout) {
  TestHost host(Multiline());
  host.Append("a.log", "one\n 1\n half");
  host.StartAgent();
  for (int i = 0; i < 4; ++i) {
    host.Settle();
    host.clock().Advance(kSecond);
  }
  EXPECT_THAT(Lines(host), ElementsAre("one\n 1"));
  host.Append("a.log", " whole\ntwo\n");
  host.Settle();
  EXPECT_THAT(Lines(host), ElementsAre("one\n 1", " half whole")) << "what comes later is a record of its own";
}

TEST(FramingTest, ARecordThatWaitsInARotatedFileComesBeforeThoseOfTheNextFile) {
  TestHost host(Multiline());
  host.Append("app.log", "one\n");
  host.StartAgent();
  host.Settle();
  host.clock().Advance(2 * kSecond);
  host.Settle();
  host.Rename("app.log", "app.log.1");
  host.Append("app.log", "");
  host.Settle();
  host.Append("app.log.1", "two\n");
  host.Settle();
  host.Append("app.log", "three\nfour\n");
  host.Settle();
  EXPECT_THAT(Lines(host), ElementsAre("one"));
  for (int i = 0; i < 3; ++i) {
    host.clock().Advance(2 * kSecond);
    host.Settle();
  }
  EXPECT_THAT(Lines(host), ElementsAre("one", "two", "three", "four"));
}

// "one" is under way when its file gets another line, is copied and emptied, and gets "three".
void CopyWhileUnderWay(TestHost* host) {
  host->Append("app.log", "one\n");
  host->StartAgent();
  host->collector().Connect();
  host->Work();
  host->NextTick();
  host->clock().Advance(2 * kSecond);
  host->Work();
  ASSERT_EQ(host->collector().waiting(), 1);
  host->Append("app.log", " 1\ntwo\n");
  host->Copy("app.log", "app.log.1");
  host->Truncate("app.log");
  host->Append("app.log", "three\n");
}

// Read again, the record would be another one, and what is new in it would be taken for stored.
TEST(FramingTest, WhatIsUnderWayIsNotGroupedAnewInACopy) {
  for (const bool is_stored_at_once : {false, true}) {
    TestHost host(Multiline());
    CopyWhileUnderWay(&host);
    if (is_stored_at_once) host.collector().Process(1, /*acknowledge=*/true);
    host.SettleAll();
    EXPECT_THAT(Lines(host), ElementsAre("one", " 1", "two", "three"));
    host.tracker().UpdateGauges();
    EXPECT_EQ(host.metrics().lag_bytes.Value(), 0);
  }
}

TEST(FramingTest, AReadErrorDoesNotHideWhatIsUnderWay) {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(seed);
    TestHost host(Multiline());
    CopyWhileUnderWay(&host);
    host.files().FailReads(30, seed);
    for (int i = 0; i < 5; ++i) {
      host.Work();
      host.clock().Advance(6 * kSecond);
    }
    host.files().FailReads(0, 0);
    host.SettleAll();
    std::string all;
    for (const std::string& record : Lines(host)) all += record + "\n";
    // What cannot be read holds up no other file.
    ASSERT_THAT(all, AnyOf("one\n 1\ntwo\nthree\n", "one\nthree\n 1\ntwo\n"));
  }
}

TEST(FramingTest, WhatWasUnderWayAndIsNotStoredIsReadFromTheCopy) {
  for (const bool is_refused : {false, true}) {
    TestHost host(Multiline());
    CopyWhileUnderWay(&host);
    host.Work();  // the copy goes on behind it
    if (is_refused) {
      host.collector().Refuse("source", 8);
      host.collector().Process(100, /*acknowledge=*/true);
      host.Work();
      host.collector().Refuse("", 0);
      host.clock().Advance(6 * kSecond);
    } else {
      host.collector().Disconnect();
    }
    host.SettleAll();
    EXPECT_THAT(Lines(host), ElementsAre("one\n 1", "two", "three"));
  }
}

TEST(FramingTest, WhatWasNotStoredIsGroupedAnewAndWhatWasStoredIsNot) {
  TestHost host(Multiline());
  host.Append("a.log", "one\n 1\n");
  host.StartAgent();
  host.collector().Connect();
  host.Work();
  host.clock().Advance(2 * kSecond);
  host.Work();
  ASSERT_EQ(host.collector().waiting(), 1u) << "flushed, and on its way";
  host.KillAgent();  // before it is stored
  host.Append("a.log", " 2\n");
  host.StartAgent();
  host.Settle();
  host.clock().Advance(2 * kSecond);
  host.Settle();
  EXPECT_THAT(Lines(host), ElementsAre("one\n 1\n 2"));
  host.KillAgent();
  host.Append("a.log", " 3\ntwo\n");
  host.StartAgent();
  host.Settle();
  EXPECT_THAT(Lines(host), ElementsAre("one\n 1\n 2", " 3"));
}

TEST(FramingTest, ARecordInPartsGoesOnAfterARestart) {
  TestHost::Options options = Multiline();
  options.tailer.reader.max_line_bytes = 1024;
  options.tailer.reader.chunk_bytes = 1024;
  options.tailer.message_bytes = 1000;
  TestHost host(options);
  std::string record = "one";
  for (int i = 0; i < 300; ++i) record += "\n line " + std::to_string(i);
  host.Append("a.log", record + "\ntwo\n");
  host.StartAgent();
  host.collector().Connect();
  host.Work();
  host.collector().Process(1, /*acknowledge=*/true);
  host.KillAgent();
  ASSERT_TRUE(GoesOn(host.collector().All().back().record.part()));
  host.StartAgent();
  host.Settle();
  std::string joined;
  for (const StoredLine& line : host.collector().All()) joined += line.bytes;
  EXPECT_EQ(joined, record);
  EXPECT_EQ(host.collector().All().back().record.part(), v1::LINE_PART_LAST);
}

TEST(FramingTest, TheNewFileWaitsForTheLastRecordOfTheOldOne) {
  TestHost host(Multiline());
  host.Append("a.log", "one\n 1\n");
  host.StartAgent();
  host.Settle();
  host.Rename("a.log", "a.log.1");
  host.Append("a.log", "two\nthree\n");
  host.Settle();
  EXPECT_THAT(Lines(host), IsEmpty());
  host.SettleAll();
  EXPECT_THAT(Lines(host), ElementsAre("one\n 1", "two", "three"));
}

TEST(FramingTest, AnEncodedFileIsTextAndItsOffsetsAreItsBytes) {
  TestHost::Options options;
  options.source.framing.encoding = Encoding::kUtf16;
  TestHost host(options);
  host.Append("a.log", std::string("\xfe\xff\0a\0\n\x20\xac\0\n\0c", 12));
  host.StartAgent();
  host.Settle();
  EXPECT_THAT(Lines(host), ElementsAre("a", "\u20ac"));
  host.KillAgent();
  host.Append("a.log", std::string("\0d\0\n\xd8\0\0\n", 8));
  host.StartAgent();
  host.Settle();
  EXPECT_THAT(Lines(host), ElementsAre("a", "\u20ac", "cd", std::string("\xd8\0", 2)));
  const std::vector<StoredLine> all = host.collector().All();
  EXPECT_EQ(all[0].offset, 2u);
  EXPECT_EQ(all[2].offset, 10u);
  EXPECT_EQ(all[3].record.body(), "\uFFFD");
}

TEST(FramingTest, AMarkOfUtf8StaysInTheBodyAndOutOfTheParsersWay) {
  TestHost host;
  host.Append("a.log", "\xef\xbb\xbf{\"level\":\"error\"}\n");
  host.StartAgent();
  host.Settle();
  EXPECT_THAT(Lines(host), ElementsAre("\xef\xbb\xbf{\"level\":\"error\"}"));
  EXPECT_EQ(host.collector().All()[0].record.severity(), v1::SEVERITY_ERROR);
}

TEST(FramingTest, ContainerLinesAreWhatTheProgramWrote) {
  TestHost::Options options;
  options.source.framing.container = Container::kCri;
  TestHost host(options);
  host.Append("a.log",
              "2026-11-20T09:15:39.5Z stdout P {\"level\":\"er\n"
              "2026-11-20T09:15:39.6Z stdout F ror\"}\n"
              "2026-11-20T09:15:40Z stderr F time=2026-11-20T09:00:00Z level=info\n"
              "no wrapper\n");
  host.StartAgent();
  host.Settle();
  EXPECT_THAT(Lines(host), ElementsAre("{\"level\":\"error\"}", "time=2026-11-20T09:00:00Z level=info", "no wrapper"));
  const std::vector<StoredLine> all = host.collector().All();
  EXPECT_EQ(all[0].record.severity(), v1::SEVERITY_ERROR);
  EXPECT_EQ(all[0].record.time_unix_nano(), 1795166139500000000u) << "the wrapper's";
  EXPECT_EQ(all[0].record.attributes().at("stream"), "stdout");
  EXPECT_EQ(all[1].record.time_unix_nano(), 1795165200000000000u) << "the line's own";
  EXPECT_THAT(all[2].record.attributes().at("parse_error"), Not(IsEmpty()));
}

TEST(ProcessingTest, WhatIsDroppedIsCountedAndPassed) {
  TestHost host(DropBelowWarn());
  host.Append("a.log", "INFO a\nERROR b\nINFO c\n");
  host.StartAgent();
  host.Settle();
  EXPECT_THAT(Lines(host), ElementsAre("ERROR b"));
  host.Append("a.log", "INFO d\nINFO e\n");
  host.Settle();
  host.SaveCheckpoint();
  host.KillAgent();
  host.StartAgent();
  host.Settle();
  EXPECT_EQ(host.metrics().collector_behind_bytes.Value(), 0);
  EXPECT_EQ(host.metrics().lines_read.Value(), 0) << "the checkpoint is behind what was dropped";
  host.tracker().UpdateGauges();
  EXPECT_EQ(host.metrics().lag_bytes.Value(), 0);
}

TEST(ProcessingTest, TheCheckpointPassesWhatIsDroppedOnlyBehindWhatIsAcknowledged) {
  TestHost host(DropBelowWarn());
  host.Append("a.log", "ERROR a\n");
  host.StartAgent();
  host.collector().Connect();
  host.Work();
  host.Append("a.log", "INFO b\n");
  host.clock().Advance(kSecond);
  host.Work();
  ASSERT_EQ(host.collector().waiting(), 1u);
  host.SaveCheckpoint();
  host.KillAgent();  // what was sent is lost
  host.StartAgent();
  host.Settle();
  EXPECT_THAT(Lines(host), ElementsAre("ERROR a"));
}

TEST(ProcessingTest, ADroppedLineInPartsIsDroppedAsAWholeAlsoAfterARestart) {
  TestHost::Options options = DropBelowWarn();
  options.tailer.reader.max_line_bytes = 1024;
  options.tailer.reader.chunk_bytes = 2200;
  TestHost host(options);
  host.Append("a.log", "ERROR a\nINFO " + std::string(5000, 'x'));
  host.StartAgent();
  host.Settle();
  EXPECT_THAT(Lines(host), ElementsAre("ERROR a"));
  host.SaveCheckpoint();
  host.KillAgent();
  host.Append("a.log", "ERROR in the middle\nERROR b\n");
  host.StartAgent();
  host.Settle();
  EXPECT_THAT(Lines(host), ElementsAre("ERROR a", "ERROR b"));
}

TEST(ProcessingTest, ARotatedFileOfWhichAllIsDroppedIsLetGo) {
  TestHost host(DropBelowWarn());
  host.Append("a.log", "INFO a\nINFO b");
  host.StartAgent();
  host.Settle();
  host.Delete("a.log");
  host.SettleAll();
  EXPECT_EQ(host.tracker().table().size(), 0u);
}

TEST(ProcessingTest, TheSameAreSampledWhenTheyAreReadAgain) {
  TestHost::Options options;
  options.source.process.filter.sample_rate = 3;
  TestHost host(options);
  std::string text;
  for (int i = 0; i < 500; ++i) text += "line " + std::to_string(i) + "\n";
  host.Append("a.log", text);
  host.StartAgent();
  host.collector().Connect();
  host.Work();
  host.collector().Process(100, /*acknowledge=*/false);
  const std::vector<std::string> first = Lines(host);
  host.collector().Disconnect();
  host.Settle();
  EXPECT_EQ(Lines(host), first);
  EXPECT_GT(first.size(), 100u);
  EXPECT_LT(first.size(), 250u);
}

TEST(ProcessingTest, WhatIsRedactedIsNowhereInTheRecord) {
  TestHost::Options options;
  options.source.process.redact = {{.presets = kEmails | kTokens}};
  options.source.framing.encoding = Encoding::kUtf16Be;
  TestHost host(options);
  const std::string text = " ann@example.org password=x\n";
  std::string wide("\xd8\0", 2);  // no text: its exact bytes would be kept
  for (char c : text) wide += std::string{'\0', c};
  host.Append("a.log", wide);
  host.StartAgent();
  host.Settle();
  EXPECT_EQ(host.collector().All()[0].record.body(), "\uFFFD *** password=***");
  EXPECT_EQ(host.collector().All()[0].record.raw_body(), "");
}

TEST(ProcessingTest, WhatARegexReplacesInTheBodyIsInNoAttribute) {
  TestHost::Options options;
  options.source.parser = {.kind = ParserKind::kLogfmt};
  options.source.process.redact = {{.regex = R"(iban=\w+)", .mask = "iban=***"}};
  TestHost host(options);
  host.Append("a.log", "level=info iban=DE89370400440532013000 x=1\n");
  host.StartAgent();
  host.Settle();
  const auto records = host.collector().All();
  ASSERT_EQ(records.size(), 1u);
  const v1::LogRecord& record = records[0].record;
  EXPECT_EQ(record.body(), "level=info iban=*** x=1");
  EXPECT_EQ(record.attributes().at("iban"), "***");
  EXPECT_EQ(record.attributes().at("x"), "1");
  EXPECT_EQ(record.severity(), v1::SEVERITY_INFO);
}

TEST(ProcessingTest, BytesThatAreNoTextAreMatchedAsTheyAreShown) {
  TestHost::Options options;
  options.source.process.filter.drop = {{.regex = "drop.*me"}};
  options.source.process.redact = {{.regex = "name=.*", .mask = "name=***"}};
  TestHost host(options);
  host.Append("a.log", "drop \xe9 me\nuser name=J\xe9r\xf4me Dupont\nother \xe9\n");
  host.StartAgent();
  host.Settle();
  const auto records = host.collector().All();
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0].record.body(), "user name=***");
  EXPECT_EQ(records[0].record.raw_body(), "");
  EXPECT_EQ(records[1].record.raw_body(), "other \xe9");
}

}  // namespace
}  // namespace sluice::agent
