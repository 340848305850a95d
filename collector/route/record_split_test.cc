#include "collector/route/record_split.h"

#include <string>
#include <vector>

#include "base/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sluice/v1/log.pb.h"

namespace sluice::collector {
namespace {

using ::testing::ElementsAre;

v1::LogBatch Split(v1::LogRecord record, size_t line_bytes_max) {
  v1::LogBatch batch;
  record.set_offset(100);
  *batch.add_records() = record;
  const std::string bytes = batch.SerializeAsString();
  RecordCursor cursor(bytes);
  RecordView view;
  EXPECT_TRUE(cursor.Next(&view));
  v1::LogBatch parts;
  EXPECT_TRUE(parts.ParseFromString(SplitRecord(view, line_bytes_max)));
  return parts;
}

v1::LogRecord Line(const std::string& line, v1::LinePart part = v1::LINE_PART_UNSPECIFIED) {
  v1::LogRecord record;
  if (IsValidUtf8(line)) {
    record.set_body(line);
  } else {
    record.set_body(ReplaceInvalidUtf8(line));
    record.set_raw_body(line);
  }
  record.set_part(part);
  return record;
}

std::vector<v1::LinePart> PartsOf(v1::LinePart whole) {
  std::vector<v1::LinePart> parts;
  const v1::LogBatch split = Split(Line("aaaabbbbcc", whole), 4);
  for (const v1::LogRecord& record : split.records()) parts.push_back(record.part());
  return parts;
}

TEST(RecordSplitTest, PartsJoinedAreTheLineAndStandWhereTheyStoodInTheFile) {
  for (const std::string& line : {std::string("abcdefghij"), std::string("aäöüßé€𝄞z"),
                                  std::string("\xff\x80\x80\x80\x80\x80 ab"), std::string("ok\xffnot ok at all")}) {
    std::string joined;
    const v1::LogBatch split = Split(Line(line), 4);
    for (const v1::LogRecord& part : split.records()) {
      EXPECT_EQ(part.offset(), 100 + joined.size());
      const std::string& bytes = part.raw_body().empty() ? part.body() : part.raw_body();
      EXPECT_LE(bytes.size(), 4u);
      EXPECT_TRUE(IsValidUtf8(part.body()));
      joined += bytes;
    }
    EXPECT_EQ(joined, line);
  }
}

TEST(RecordSplitTest, CutsNoCharacter) {
  const v1::LogBatch split = Split(Line("aäöüßé€𝄞z"), 4);
  for (const v1::LogRecord& part : split.records()) EXPECT_TRUE(part.raw_body().empty());
}

TEST(RecordSplitTest, MarksThePartsAsTheAgentDoes) {
  EXPECT_THAT(PartsOf(v1::LINE_PART_UNSPECIFIED),
              ElementsAre(v1::LINE_PART_FIRST, v1::LINE_PART_MIDDLE, v1::LINE_PART_LAST));
  EXPECT_THAT(PartsOf(v1::LINE_PART_FIRST),
              ElementsAre(v1::LINE_PART_FIRST, v1::LINE_PART_MIDDLE, v1::LINE_PART_MIDDLE));
  EXPECT_THAT(PartsOf(v1::LINE_PART_MIDDLE),
              ElementsAre(v1::LINE_PART_MIDDLE, v1::LINE_PART_MIDDLE, v1::LINE_PART_MIDDLE));
  EXPECT_THAT(PartsOf(v1::LINE_PART_LAST), ElementsAre(v1::LINE_PART_MIDDLE, v1::LINE_PART_MIDDLE, v1::LINE_PART_LAST));
  EXPECT_THAT(PartsOf(v1::LINE_PART_UNTERMINATED),
              ElementsAre(v1::LINE_PART_FIRST, v1::LINE_PART_MIDDLE, v1::LINE_PART_LAST_UNTERMINATED));
}

TEST(RecordSplitTest, KeepsTimeAndSeverityAndTheAttributesOfTheFirst) {
  v1::LogRecord record = Line("aaaabb");
  record.set_time_unix_nano(5);
  record.set_severity(v1::SEVERITY_WARN);
  (*record.mutable_attributes())["k"] = "v";
  const v1::LogBatch parts = Split(record, 4);
  ASSERT_EQ(parts.records_size(), 2);
  EXPECT_EQ(parts.records(0).attributes().at("k"), "v");
  EXPECT_TRUE(parts.records(1).attributes().empty());
  EXPECT_EQ(parts.records(1).time_unix_nano(), 5u);
  EXPECT_EQ(parts.records(1).severity(), v1::SEVERITY_WARN);
}

}  // namespace
}  // namespace sluice::collector
