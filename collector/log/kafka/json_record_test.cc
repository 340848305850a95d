#include "collector/log/kafka/json_record.h"

#include <string>

#include "google/protobuf/util/json_util.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"
#include "sluice/v1/log.pb.h"

namespace sluice::collector::kafka {
namespace {

// Protobuf's own mapping is the oracle: what it reads is what was written.
void ExpectSame(const v1::LogRecord& record) {
  std::string json;
  AppendJsonRecord(record.SerializeAsString(), &json);
  v1::LogRecord read;
  const auto status = google::protobuf::util::JsonStringToMessage(json, &read);
  ASSERT_TRUE(status.ok()) << status.ToString() << "\n" << json;
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(read, record)) << json;
}

TEST(JsonRecordTest, WritesWhatProtobufReads) {
  v1::LogRecord record;
  ExpectSame(record);
  record.set_time_unix_nano(18'446'744'073'709'551'615u);
  record.set_severity(v1::SEVERITY_WARN2);
  record.set_severity_text("warning");
  record.set_offset(1'234'567'890'123);
  record.set_part(v1::LINE_PART_LAST);
  (*record.mutable_attributes())["a \"b\""] = "c\\d";
  (*record.mutable_attributes())["ü"] = "";
  std::string body;
  for (char c = 0; c < 127; ++c) body.push_back(c);
  record.set_body(body + "\x7f ü \xe2\x80\xa8 \xf0\x9f\x98\x80");
  record.set_raw_body(std::string("\0\xff\xfe", 3));
  ExpectSame(record);
}

TEST(JsonRecordTest, IsCompactAndInTheOrderOfTheFields) {
  v1::LogRecord record;
  record.set_time_unix_nano(1);
  record.set_severity(v1::SEVERITY_INFO);
  record.set_body("a\tb");
  record.set_offset(7);
  std::string json;
  AppendJsonRecord(record.SerializeAsString(), &json);
  EXPECT_EQ(json, R"({"timeUnixNano":"1","severity":"SEVERITY_INFO","body":"a\tb","offset":"7"})");
}

}  // namespace
}  // namespace sluice::collector::kafka
