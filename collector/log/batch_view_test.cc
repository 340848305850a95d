#include "collector/log/batch_view.h"

#include <random>
#include <string>

#include "collector/log/testing_batches.h"
#include "collector/log/wire_fields.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::collector {
namespace {

using ::testing::HasSubstr;

TEST(BatchViewTest, ReadsWhatTheGeneratedClassesWrote) {
  v1::LogBatch batch = testing::MakeBatch({.topic = "t",
                                           .agent = "a",
                                           .path = "/p",
                                           .inode = 7,
                                           .generation = 3,
                                           .first_offset = 32,
                                           .lines = 3,
                                           .line_bytes = 16});
  const std::string bytes = batch.SerializeAsString();
  const absl::StatusOr<BatchView> view = BatchView::Parse(bytes);
  ASSERT_TRUE(view.ok()) << view.status();
  EXPECT_EQ(view->bytes, bytes);
  EXPECT_EQ(view->topic, "t");
  EXPECT_EQ(view->agent, "a");
  EXPECT_EQ(view->path, "/p");
  EXPECT_EQ(view->file, (FileKey{2049, 7, 1'700'000'000'000'000'000, 3}));
  EXPECT_EQ(view->first_offset, 32u);
  EXPECT_EQ(view->end_offset, 80u);
  EXPECT_EQ(view->count, 3u);
  EXPECT_EQ(view->severities, batch.summary().severities());
  EXPECT_EQ(view->min_time_unix_nano, batch.summary().min_time_unix_nano());
  EXPECT_EQ(view->max_time_unix_nano, batch.summary().max_time_unix_nano());
  EXPECT_EQ(view->head, batch.head().SerializeAsString());
  EXPECT_EQ(view->frontier, batch.frontier().SerializeAsString());
  batch.clear_records();
  EXPECT_EQ(view->records_begin, batch.ByteSizeLong());
}

TEST(BatchViewTest, ReadsABatchWithoutRecordsToItsEnd) {
  v1::LogBatch batch = testing::MakeBatch({});
  batch.clear_records();
  const std::string bytes = batch.SerializeAsString();
  const absl::StatusOr<BatchView> view = BatchView::Parse(bytes);
  ASSERT_TRUE(view.ok()) << view.status();
  EXPECT_EQ(view->records_begin, bytes.size());
}

TEST(BatchViewTest, TellsWhereABatchIsMalformed) {
  std::string bytes = testing::MakeBatch({.topic = "abc"}).SerializeAsString();
  bytes.resize(3);  // inside the topic
  EXPECT_THAT(BatchView::Parse(bytes).status().message(), HasSubstr("malformed at byte 0"));
}

TEST(BatchViewTest, RefusesAFieldThatStandsTwice) {
  const std::string bytes = testing::MakeBatch({}).SerializeAsString();
  const std::string twice = std::string("\x0a\x01t", 3) + bytes;
  EXPECT_THAT(BatchView::Parse(twice).status().message(), HasSubstr("field 1 stands twice"));
}

TEST(BatchViewTest, RefusesAFieldOfAnotherWireType) {
  EXPECT_THAT(BatchView::Parse(std::string("\x08\x01", 2)).status().message(), HasSubstr("topic has wire type 0"));
  EXPECT_THAT(BatchView::Parse(std::string("\x42\x00", 2)).status().message(), HasSubstr("first_offset has wire type"));
}

TEST(BatchViewTest, NeverReadsOutsideAnyPrefixOrFlippedByte) {
  const std::string bytes = testing::MakeBatch({.lines = 3}).SerializeAsString();
  for (size_t size = 0; size < bytes.size(); ++size) {
    // Its own allocation, so that the address sanitizer sees the end.
    const std::string prefix = bytes.substr(0, size);
    const absl::StatusOr<BatchView> view = BatchView::Parse(prefix);
    if (view.ok()) {
      EXPECT_FALSE(ValidateBatch(*view).ok()) << size;
    }
  }
}

struct Difference {
  std::string name;
  void (*change)(v1::LogBatch*);
  std::string error;  // empty: valid
};

class ValidateBatchTest : public ::testing::TestWithParam<Difference> {};

TEST_P(ValidateBatchTest, SaysWhatIsWrong) {
  v1::LogBatch batch = testing::MakeBatch({.first_offset = 100, .lines = 4, .line_bytes = 10});
  GetParam().change(&batch);
  const std::string bytes = batch.SerializeAsString();
  const absl::StatusOr<BatchView> view = BatchView::Parse(bytes);
  const absl::Status status = view.ok() ? ValidateBatch(*view) : view.status();
  if (GetParam().error.empty()) {
    EXPECT_TRUE(status.ok()) << status;
  } else {
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(status.message(), HasSubstr(GetParam().error));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Table, ValidateBatchTest,
    ::testing::Values(
        Difference{"Unchanged", [](v1::LogBatch*) {}, ""},
        Difference{"EmptyLine", [](v1::LogBatch* b) { b->mutable_records(0)->clear_body(); }, ""},
        Difference{"Unicode", [](v1::LogBatch* b) { b->mutable_records(0)->set_body("Größe 温度 🌡"); }, ""},
        Difference{"Nul", [](v1::LogBatch* b) { b->mutable_records(0)->set_body(std::string(5, '\0')); }, ""},
        Difference{"RawBody", [](v1::LogBatch* b) { b->mutable_records(0)->set_raw_body("\xff\xfe"); }, ""},
        Difference{"Attributes",
                   [](v1::LogBatch* b) { (*b->mutable_records(0)->mutable_attributes())["status"] = "200"; }, ""},
        Difference{"FurtherPart",
                   [](v1::LogBatch* b) { b->mutable_records(0)->set_part(static_cast<v1::LinePart>(77)); }, ""},
        Difference{"NoTopic", [](v1::LogBatch* b) { b->clear_topic(); }, "the topic is empty"},
        Difference{"TopicWithSlash", [](v1::LogBatch* b) { b->set_topic("a/b"); }, "byte 47 at character 2"},
        Difference{"TopicDots", [](v1::LogBatch* b) { b->set_topic(".."); }, "'..' is no topic"},
        Difference{"TopicTooLong", [](v1::LogBatch* b) { b->set_topic(std::string(250, 'a')); }, "250 characters"},
        Difference{"TopicLongest", [](v1::LogBatch* b) { b->set_topic(std::string(249, 'a')); }, ""},
        Difference{"NoAgent", [](v1::LogBatch* b) { b->clear_agent(); }, "agent's id is empty"},
        Difference{"AgentWithNul", [](v1::LogBatch* b) { b->set_agent(std::string("a\0b", 3)); }, "byte 0"},
        Difference{"AgentTooLong", [](v1::LogBatch* b) { b->set_agent(std::string(129, 'a')); }, "129 characters"},
        Difference{"NoRecords", [](v1::LogBatch* b) { b->clear_records(); }, "no records"},
        Difference{"NothingCovered", [](v1::LogBatch* b) { b->set_end_offset(100); }, "is not below end_offset"},
        Difference{"OffsetBelowTheBatch", [](v1::LogBatch* b) { b->mutable_records(0)->set_offset(99); },
                   "records[0] at byte"},
        Difference{"OffsetTwice", [](v1::LogBatch* b) { b->mutable_records(2)->set_offset(110); }, "records[2]"},
        Difference{"OffsetBehindTheBatch", [](v1::LogBatch* b) { b->mutable_records(3)->set_offset(140); },
                   "not below end_offset"},
        Difference{"SeverityUnheardOf",
                   [](v1::LogBatch* b) { b->mutable_records(0)->set_severity(static_cast<v1::Severity>(25)); },
                   "severity"},
        Difference{"SeverityNegative",
                   [](v1::LogBatch* b) { b->mutable_records(0)->set_severity(static_cast<v1::Severity>(-1)); },
                   "severity"},
        Difference{"CountUntrue", [](v1::LogBatch* b) { b->mutable_summary()->set_count(5); },
                   "summary.count says 5, the records say 4"},
        Difference{"SeveritiesUntrue", [](v1::LogBatch* b) { b->mutable_summary()->set_severities(1); },
                   "summary.severities"},
        Difference{"MinTimeUntrue", [](v1::LogBatch* b) { b->mutable_summary()->set_min_time_unix_nano(1); },
                   "summary.min_time"},
        Difference{"MaxTimeUntrue", [](v1::LogBatch* b) { b->mutable_summary()->set_max_time_unix_nano(1); },
                   "summary.max_time"},
        Difference{"NoSummary", [](v1::LogBatch* b) { b->clear_summary(); }, "summary.count says 0"}),
    [](const auto& info) { return info.param.name; });

// Bytes that the generated classes would not write: put in place of an 'X…' of the same length.
absl::Status ValidateWith(const std::string& placeholder, const std::string& bytes, v1::LogBatch batch) {
  std::string wire = batch.SerializeAsString();
  const size_t at = wire.find(placeholder);
  EXPECT_NE(at, std::string::npos);
  wire.replace(at, placeholder.size(), bytes);
  const absl::StatusOr<BatchView> view = BatchView::Parse(wire);
  return view.ok() ? ValidateBatch(*view) : view.status();
}

TEST(ValidateBatchBytesTest, EveryStringMustBeUtf8) {
  const v1::LogBatch plain = testing::MakeBatch({});
  v1::LogBatch batch = plain;
  batch.set_host("XXXX");
  EXPECT_THAT(ValidateWith("XXXX", "ab\xff!", batch).message(), HasSubstr("host: it is not UTF-8"));
  batch = plain;
  batch.set_path("XXXX");
  EXPECT_THAT(ValidateWith("XXXX", "ab\xff!", batch).message(), HasSubstr("path"));
  batch = plain;
  batch.set_source("XXXX");
  EXPECT_THAT(ValidateWith("XXXX", "ab\xff!", batch).message(), HasSubstr("source"));
  batch = plain;
  (*batch.mutable_labels())["XXXX"] = "v";
  EXPECT_THAT(ValidateWith("XXXX", "ab\xff!", batch).message(), HasSubstr("labels"));
  batch = plain;
  batch.mutable_records(0)->set_body("XXXX");
  EXPECT_THAT(ValidateWith("XXXX", "ab\xff!", batch).message(), HasSubstr("body is not UTF-8"));
  batch = plain;
  batch.mutable_records(0)->set_severity_text("XXXX");
  EXPECT_THAT(ValidateWith("XXXX", "ab\xff!", batch).message(), HasSubstr("severity_text"));
  batch = plain;
  (*batch.mutable_records(0)->mutable_attributes())["k"] = "XXXX";
  EXPECT_THAT(ValidateWith("XXXX", "ab\xff!", batch).message(), HasSubstr("map's key or value"));
}

TEST(ValidateBatchBytesTest, NothingMayStandBehindTheRecords) {
  const std::string bytes = testing::MakeBatch({}).SerializeAsString() + std::string("\x6a\x01x", 3);
  const absl::StatusOr<BatchView> view = BatchView::Parse(bytes);
  ASSERT_TRUE(view.ok());
  EXPECT_THAT(ValidateBatch(*view).message(), HasSubstr("records stand last"));
}

TEST(ValidateBatchBytesTest, ARecordsInsideMustBeWellFormed) {
  v1::LogBatch batch = testing::MakeBatch({});
  batch.mutable_records(0)->set_body("XXXX");
  // A length that points behind the record.
  EXPECT_THAT(ValidateWith("\x04XXXX", "\x7fXXXX", batch).message(), HasSubstr("records[0]"));
  // A group.
  EXPECT_THAT(ValidateWith("\x22\x04XXXX", "\x0b\x0cXXXX", batch).message(), HasSubstr("records[0]"));
}

TEST(ValidateBatchBytesTest, UnknownFieldsOfANewerAgentPass) {
  std::string bytes = std::string("\xa2\x01\x03new", 6) + testing::MakeBatch({}).SerializeAsString();
  const absl::StatusOr<BatchView> view = BatchView::Parse(bytes);
  ASSERT_TRUE(view.ok()) << view.status();
  EXPECT_TRUE(ValidateBatch(*view).ok()) << ValidateBatch(*view);
}

// What the validator passes, the generated classes can read, and they see the same.
TEST(ValidateBatchBytesTest, AgreesWithTheGeneratedClassesOnDamagedBatches) {
  std::random_device device;
  const unsigned seed = std::getenv("SLUICE_SEED") != nullptr ? std::stoul(std::getenv("SLUICE_SEED")) : device();
  SCOPED_TRACE("SLUICE_SEED=" + std::to_string(seed));
  std::mt19937 random(seed);
  const std::string good = testing::MakeBatch({.lines = 5, .line_bytes = 24}).SerializeAsString();
  int passed = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes = good;
    const size_t flips = 1 + random() % 2;
    for (size_t f = 0; f < flips; ++f) bytes[random() % bytes.size()] = static_cast<char>(random());
    const absl::StatusOr<BatchView> view = BatchView::Parse(bytes);
    if (!view.ok() || !ValidateBatch(*view).ok()) continue;
    ++passed;
    v1::LogBatch parsed;
    ASSERT_TRUE(parsed.ParseFromString(bytes));
    ASSERT_EQ(parsed.topic(), view->topic);
    ASSERT_EQ(parsed.end_offset(), view->end_offset);
    ASSERT_EQ(static_cast<uint32_t>(parsed.records_size()), view->count);
    // Field by field: a damaged length makes unknown fields of what follows the summary.
    v1::LogBatch summarised = parsed;
    testing::Summarise(&summarised);
    ASSERT_EQ(summarised.summary().count(), parsed.summary().count());
    ASSERT_EQ(summarised.summary().severities(), parsed.summary().severities());
    ASSERT_EQ(summarised.summary().min_time_unix_nano(), parsed.summary().min_time_unix_nano());
    ASSERT_EQ(summarised.summary().max_time_unix_nano(), parsed.summary().max_time_unix_nano());
  }
  EXPECT_GT(passed, 1000);  // flips inside the bodies
}

TEST(WireFieldsTest, AreTheNumbersOfTheProtos) {
  EXPECT_EQ(batch_fields::kTopic, v1::LogBatch::kTopicFieldNumber);
  EXPECT_EQ(batch_fields::kAgent, v1::LogBatch::kAgentFieldNumber);
  EXPECT_EQ(batch_fields::kHost, v1::LogBatch::kHostFieldNumber);
  EXPECT_EQ(batch_fields::kPath, v1::LogBatch::kPathFieldNumber);
  EXPECT_EQ(batch_fields::kSource, v1::LogBatch::kSourceFieldNumber);
  EXPECT_EQ(batch_fields::kLabels, v1::LogBatch::kLabelsFieldNumber);
  EXPECT_EQ(batch_fields::kFile, v1::LogBatch::kFileFieldNumber);
  EXPECT_EQ(batch_fields::kFirstOffset, v1::LogBatch::kFirstOffsetFieldNumber);
  EXPECT_EQ(batch_fields::kEndOffset, v1::LogBatch::kEndOffsetFieldNumber);
  EXPECT_EQ(batch_fields::kSummary, v1::LogBatch::kSummaryFieldNumber);
  EXPECT_EQ(batch_fields::kHead, v1::LogBatch::kHeadFieldNumber);
  EXPECT_EQ(batch_fields::kFrontier, v1::LogBatch::kFrontierFieldNumber);
  EXPECT_EQ(batch_fields::kSkippedBytes, v1::LogBatch::kSkippedBytesFieldNumber);
  EXPECT_EQ(batch_fields::kRecords, v1::LogBatch::kRecordsFieldNumber);
  EXPECT_EQ(file_fields::kDevice, v1::FileIdentity::kDeviceFieldNumber);
  EXPECT_EQ(file_fields::kInode, v1::FileIdentity::kInodeFieldNumber);
  EXPECT_EQ(file_fields::kBirthTime, v1::FileIdentity::kBirthTimeUnixNanoFieldNumber);
  EXPECT_EQ(file_fields::kGeneration, v1::FileIdentity::kGenerationFieldNumber);
  EXPECT_EQ(hash_fields::kLength, v1::ContentHash::kLengthFieldNumber);
  EXPECT_EQ(hash_fields::kXxh3, v1::ContentHash::kXxh3FieldNumber);
  EXPECT_EQ(summary_fields::kCount, v1::BatchSummary::kCountFieldNumber);
  EXPECT_EQ(summary_fields::kSeverities, v1::BatchSummary::kSeveritiesFieldNumber);
  EXPECT_EQ(summary_fields::kMinTime, v1::BatchSummary::kMinTimeUnixNanoFieldNumber);
  EXPECT_EQ(summary_fields::kMaxTime, v1::BatchSummary::kMaxTimeUnixNanoFieldNumber);
  EXPECT_EQ(record_fields::kTime, v1::LogRecord::kTimeUnixNanoFieldNumber);
  EXPECT_EQ(record_fields::kSeverity, v1::LogRecord::kSeverityFieldNumber);
  EXPECT_EQ(record_fields::kSeverityText, v1::LogRecord::kSeverityTextFieldNumber);
  EXPECT_EQ(record_fields::kBody, v1::LogRecord::kBodyFieldNumber);
  EXPECT_EQ(record_fields::kAttributes, v1::LogRecord::kAttributesFieldNumber);
  EXPECT_EQ(record_fields::kOffset, v1::LogRecord::kOffsetFieldNumber);
  EXPECT_EQ(record_fields::kRawBody, v1::LogRecord::kRawBodyFieldNumber);
  EXPECT_EQ(record_fields::kPart, v1::LogRecord::kPartFieldNumber);
}

}  // namespace
}  // namespace sluice::collector
