#include "consumer/client/batch.h"

#include <cstdlib>
#include <map>
#include <random>
#include <vector>

#include "absl/strings/str_cat.h"
#include "consumer/client/testing_batches.h"
#include "gmock/gmock.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"

namespace sluice::client {
namespace {

using google::protobuf::util::MessageDifferencer;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

std::map<std::string, std::string> ToMap(const StringMapView& view) {
  std::map<std::string, std::string> map;
  for (const StringMapView::Entry& entry : view) map[std::string(entry.key)] = entry.value;
  return map;
}

// The message again, from nothing but what the views say.
v1::LogBatch FromViews(const Batch& view) {
  v1::LogBatch batch;
  batch.set_topic(std::string(view.topic()));
  batch.set_agent(std::string(view.agent()));
  batch.set_host(std::string(view.host()));
  batch.set_path(std::string(view.path()));
  batch.set_source(std::string(view.source()));
  for (const auto& [key, value] : ToMap(view.labels())) (*batch.mutable_labels())[key] = value;
  *batch.mutable_file() = view.file();
  batch.set_first_offset(view.first_offset());
  batch.set_end_offset(view.end_offset());
  for (const RecordView& view_record : view.records()) {
    v1::LogRecord* record = batch.add_records();
    record->set_time_unix_nano(view_record.time_unix_nano());
    record->set_severity(view_record.severity());
    record->set_severity_text(std::string(view_record.severity_text()));
    record->set_body(std::string(view_record.body()));
    record->set_raw_body(std::string(view_record.raw_body()));
    record->set_offset(view_record.offset());
    record->set_part(view_record.part());
    for (const auto& [key, value] : ToMap(view_record.attributes())) (*record->mutable_attributes())[key] = value;
  }
  return batch;
}

TEST(BatchTest, ShowsEveryFieldAsItWasSent) {
  const v1::LogBatch sent = FullBatch();
  const std::string bytes = sent.SerializeAsString();
  auto batch = Batch::Parse(bytes);
  ASSERT_TRUE(batch.ok()) << batch.status();
  EXPECT_TRUE(MessageDifferencer::Equals(batch->ToProto(), sent));
  v1::LogBatch shown = FromViews(*batch);
  // What no view shows:
  *shown.mutable_summary() = sent.summary();
  *shown.mutable_head() = sent.head();
  *shown.mutable_frontier() = sent.frontier();
  EXPECT_TRUE(MessageDifferencer::Equals(shown, sent)) << shown.DebugString();
}

TEST(BatchTest, ARecordsLineIsItsExactBytes) {
  const std::string bytes = FullBatch().SerializeAsString();
  auto batch = Batch::Parse(bytes);
  ASSERT_TRUE(batch.ok());
  std::vector<std::string> lines;
  for (const RecordView& record : batch->records()) lines.emplace_back(record.line());
  EXPECT_THAT(lines, ::testing::ElementsAre("payment failed", "caf\xe9"));
}

TEST(BatchTest, ARecordKnowsItsTimeAndItsMessage) {
  const v1::LogBatch sent = FullBatch();
  const std::string bytes = sent.SerializeAsString();
  auto batch = Batch::Parse(bytes);
  ASSERT_TRUE(batch.ok());
  const RecordView first = *batch->records().begin();
  EXPECT_EQ(first.time(), absl::FromUnixNanos(1'700'000'000'123'456'789));
  EXPECT_TRUE(MessageDifferencer::Equals(first.ToProto(), sent.records(0)));
  EXPECT_THAT(ToMap(first.attributes()), UnorderedElementsAre(Pair("order", "A-1029")));
}

TEST(BatchTest, ATimeBehindTheReachOfSignedNanosecondsIsRight) {
  v1::LogRecord record;
  record.set_time_unix_nano(UINT64_MAX);
  const std::string bytes = record.SerializeAsString();
  RecordView view;
  ASSERT_TRUE(RecordView::ParseChecked(bytes, &view));
  EXPECT_EQ(absl::FormatTime("%Y", view.time(), absl::UTCTimeZone()), "2554");
}

TEST(BatchTest, AnEmptyBatchAndEmptyRecordsAreFine) {
  auto empty = Batch::Parse("");
  ASSERT_TRUE(empty.ok());
  EXPECT_TRUE(empty->records().empty());
  EXPECT_TRUE(empty->labels().empty());
  v1::LogBatch batch;
  batch.add_records();
  batch.add_records();
  const std::string bytes = batch.SerializeAsString();
  auto blank = Batch::Parse(bytes);
  ASSERT_TRUE(blank.ok());
  EXPECT_EQ(blank->records().size(), 2);
  for (const RecordView& record : blank->records()) EXPECT_EQ(record.line(), "");
}

TEST(BatchTest, SharedFieldsMayStandBehindRecords) {
  v1::LogBatch records;
  records.add_records()->set_body("a");
  v1::LogBatch shared;
  shared.set_topic("late");
  v1::LogBatch more;
  more.add_records()->set_body("b");
  const std::string bytes =
      absl::StrCat(records.SerializeAsString(), shared.SerializeAsString(), more.SerializeAsString());
  auto batch = Batch::Parse(bytes);
  ASSERT_TRUE(batch.ok());
  EXPECT_EQ(batch->topic(), "late");
  EXPECT_EQ(FromViews(*batch).records_size(), 2);
}

TEST(BatchTest, LeavesOutRecordsBeforeATime) {
  const std::string bytes = FullBatch().SerializeAsString();
  auto batch = Batch::Parse(bytes, 1'700'000'001'000'000'000);
  ASSERT_TRUE(batch.ok());
  EXPECT_EQ(batch->records().size(), 1);
  EXPECT_EQ(batch->records().begin()->offset(), 150);
  EXPECT_EQ(batch->ToProto().records_size(), 1);
  EXPECT_EQ(batch->ToProto().records(0).offset(), 150);
  EXPECT_TRUE(Batch::Parse(bytes, UINT64_MAX)->records().empty());
}

TEST(BatchTest, WhatIsMalformedIsToldWithItsPlace) {
  const struct {
    std::string bytes;
    std::string reason;
  } kCases[] = {
      {"\x0a", "bad framing at byte 0"},                                          // no length
      {"\x0a\x05topi", "bad framing at byte 0"},                                  // cut short
      {std::string("\x0a\x01t\x00", 4), "bad framing at byte 3"},                 // field number 0
      {"\x0a\x01\xff", "bad value of field 1 at byte 0"},                         // a topic that is no text
      {"\x32\x04\x0a\x02k", "bad framing at byte 0"},                             // a label cut short
      {"\x32\x03\x0a\x01\xff", "bad value of field 6 at byte 0"},                 // a label that is no text
      {"\x3a\x01\x08", "bad value of field 7 at byte 0"},                         // a file identity cut short
      {"\x0a\x01t\xc2\x3e\x02\x22\x05", "bad record at byte 3"},                  // a record cut short inside
      {"\xc2\x3e\x03\x22\x01\xff", "bad record at byte 0"},                       // a body that is no text
      {"\xc2\x3e\x05\x2a\x03\x12\x01\xff", "bad record at byte 0"},               // an attribute that is no text
      {"\x0b\x0c", "bad framing at byte 0"},                                      // a group
      {"\x40\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", "bad framing at byte 0"},  // a number above 64 bits
  };
  for (const auto& c : kCases) {
    auto batch = Batch::Parse(c.bytes);
    EXPECT_EQ(batch.status().code(), absl::StatusCode::kDataLoss) << c.reason;
    EXPECT_THAT(std::string(batch.status().message()), HasSubstr(c.reason));
  }
}

// Whatever the bytes: either both readers refuse them, or they agree. (Ours may refuse more: protobuf takes groups.)
TEST(BatchTest, AgreesWithProtobufAboutDamagedBatches) {
  const char* seed_text = std::getenv("SLUICE_SEED");
  const uint64_t seed = seed_text != nullptr ? std::strtoull(seed_text, nullptr, 10) : std::random_device()();
  SCOPED_TRACE(absl::StrCat("SLUICE_SEED=", seed));
  std::mt19937_64 random(seed);
  const std::string whole = FullBatch().SerializeAsString();
  size_t taken = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes = whole;
    for (size_t damage = 1 + random() % 3; damage > 0; --damage)
      bytes[random() % bytes.size()] = static_cast<char>(random());
    if (random() % 4 == 0) bytes.resize(random() % bytes.size());
    auto batch = Batch::Parse(bytes);
    if (!batch.ok()) continue;
    ++taken;
    v1::LogBatch oracle;
    ASSERT_TRUE(oracle.ParseFromString(bytes));
    v1::LogBatch shown = FromViews(*batch);
    ASSERT_EQ(shown.records_size(), oracle.records_size());
    for (int i = 0; i < oracle.records_size(); ++i) {
      ASSERT_EQ(shown.records(i).body(), oracle.records(i).body());
      ASSERT_EQ(shown.records(i).raw_body(), oracle.records(i).raw_body());
      ASSERT_EQ(shown.records(i).time_unix_nano(), oracle.records(i).time_unix_nano());
      ASSERT_EQ(shown.records(i).severity(), oracle.records(i).severity());
      ASSERT_EQ(shown.records(i).offset(), oracle.records(i).offset());
      ASSERT_EQ(shown.records(i).attributes().size(), oracle.records(i).attributes().size());
    }
    ASSERT_EQ(shown.topic(), oracle.topic());
    ASSERT_EQ(shown.path(), oracle.path());
  }
  EXPECT_GT(taken, 100);
}

}  // namespace
}  // namespace sluice::client
