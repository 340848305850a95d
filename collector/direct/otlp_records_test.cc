#include "collector/direct/otlp_records.h"

#include <string>

#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"

namespace sluice::collector {
namespace {

using opentelemetry::proto::collector::logs::v1::ExportLogsServiceRequest;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

OtlpRecords Read(const std::string& text, const std::string& topic = "{service}") {
  ExportLogsServiceRequest request;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &request));
  return ReadOtlp(request, *DirectTopic::Compile(topic), absl::FromUnixSeconds(1'800'000'000), {.record_bytes = 1000});
}

// A request with these fields in its only record.
OtlpRecords ReadOne(const std::string& record) {
  return Read(R"(resource_logs { resource { attributes { key: "service.name" value { string_value: "shop" } } }
                 scope_logs { log_records { )" +
              record + " } } }");
}

TEST(OtlpRecordsTest, ReadsWhatThereIs) {
  const OtlpRecords read = Read(R"(
    resource_logs {
      resource {
        attributes { key: "service.name" value { string_value: "shop" } }
        attributes { key: "deployment.environment.name" value { string_value: "prod" } }
        attributes { key: "host.name" value { string_value: "web-1" } }
        attributes { key: "service.version" value { string_value: "1.4" } }
      }
      scope_logs {
        scope { name: "billing" }
        log_records {
          time_unix_nano: 7 severity_number: SEVERITY_NUMBER_ERROR2 severity_text: "Error"
          body { string_value: "paid" }
          attributes { key: "order" value { int_value: -5 } }
          attributes { key: "user" value { kvlist_value {
            values { key: "id" value { double_value: 0.5 } }
            values { key: "tags" value { array_value { values { bool_value: true } values { string_value: "a" } } } } } } }
          trace_id: "\001\002\003\004\005\006\007\010\011\012\013\014\015\016\017\020" span_id: "\000\000\000\000\000\000\000\000"
        }
      }
    })");
  ASSERT_EQ(read.records.size(), 1);
  const TopicRecord& record = read.records[0];
  EXPECT_EQ(record.topic, "shop");
  EXPECT_EQ(record.source, "otlp");
  EXPECT_EQ(record.direct.service, "shop");
  EXPECT_EQ(record.direct.environment, "prod");
  EXPECT_EQ(record.direct.host, "web-1");
  EXPECT_EQ(record.direct.record.time_unix_nano(), 7);
  EXPECT_EQ(record.direct.record.severity(), v1::SEVERITY_ERROR2);
  EXPECT_EQ(record.direct.record.severity_text(), "Error");
  EXPECT_EQ(record.direct.record.body(), "paid");
  EXPECT_THAT(record.direct.record.attributes(),
              UnorderedElementsAre(Pair("service.version", "1.4"), Pair("scope.name", "billing"), Pair("order", "-5"),
                                   Pair("user.id", "0.5"), Pair("user.tags", R"([true,"a"])"),
                                   Pair("trace_id", "0102030405060708090a0b0c0d0e0f10")));
}

TEST(OtlpRecordsTest, BodiesOfEveryKind) {
  EXPECT_EQ(ReadOne("body { int_value: 5 }").records[0].direct.record.body(), "5");
  EXPECT_EQ(ReadOne(R"(body { kvlist_value { values { key: "a" value { string_value: "\"" } }
                                             values { key: "b" value {} } } })")
                .records[0]
                .direct.record.body(),
            R"({"a":"\"","b":null})");
  const OtlpRecords bytes = ReadOne(R"(body { bytes_value: "a\377" })");
  EXPECT_EQ(bytes.records[0].direct.record.raw_body(), "a\xff");
  EXPECT_EQ(bytes.records[0].direct.record.body(), "a\xef\xbf\xbd");
  EXPECT_EQ(ReadOne("").records[0].direct.record.body(), "");
}

TEST(OtlpRecordsTest, TheTimeIsThatOfTheEventOrOfItsObservationOrNow) {
  EXPECT_EQ(ReadOne("time_unix_nano: 3 observed_time_unix_nano: 4").records[0].direct.record.time_unix_nano(), 3);
  EXPECT_EQ(ReadOne("observed_time_unix_nano: 4").records[0].direct.record.time_unix_nano(), 4);
  EXPECT_EQ(ReadOne("").records[0].direct.record.time_unix_nano(), 1'800'000'000'000'000'000);
}

TEST(OtlpRecordsTest, WhatCannotBeTakenIsCountedAndTheRestIsTaken) {
  const OtlpRecords read = Read(R"(resource_logs { scope_logs { log_records { body { string_value: ")" +
                                std::string(2000, 'x') + R"(" } } log_records { body { string_value: "fits" } } } })");
  ASSERT_EQ(read.records.size(), 1);
  EXPECT_EQ(read.records[0].topic, "unknown_service");
  EXPECT_EQ(read.refused, 1);
  EXPECT_THAT(read.reason, HasSubstr("allowed are 1000"));
  EXPECT_EQ(Read("resource_logs { scope_logs { log_records {} } }", "{environment}").refused, 1);
}

}  // namespace
}  // namespace sluice::collector
