#include "collector/direct/json_logs.h"

#include <string>

#include "base/strings.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::collector {
namespace {

using ::testing::HasSubstr;

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

JsonBody Logs(std::string_view body) { return ReadJsonLogs(body, kNow, {}); }

// "item field: error"
std::string FaultOf(const JsonBody& body) {
  if (!body.fault.has_value()) return "";
  return StrCat(body.fault->item, " ", body.fault->field, ": ", body.fault->error);
}

std::string Attribute(const DirectRecord& record, const std::string& name) {
  const auto found = record.record.attributes().find(name);
  return found == record.record.attributes().end() ? "(none)" : found->second;
}

TEST(JsonLogsTest, ReadsWhatALogSays) {
  const JsonBody body =
      Logs(R"({"service": "shop", "environment": "prod", "severity": "warning", "message": "late \u00e9",
    "time": "2026-11-28T10:00:00.25+01:00", "order": 4711, "price": 9.5, "paid": true, "none": null,
    "user": {"id": "u1", "address": {"zip": "8000"}}, "tags": ["a", 1]})");
  ASSERT_EQ(FaultOf(body), "");
  ASSERT_EQ(body.records.size(), 1);
  const DirectRecord& record = body.records[0];
  EXPECT_EQ(record.service, "shop");
  EXPECT_EQ(record.environment, "prod");
  EXPECT_EQ(record.record.severity(), v1::SEVERITY_WARN);
  EXPECT_EQ(record.record.severity_text(), "warning");
  EXPECT_EQ(record.record.body(), "late \xc3\xa9");
  EXPECT_EQ(record.record.time_unix_nano(), 1'795'856'400'250'000'000);
  EXPECT_EQ(Attribute(record, "order"), "4711");
  EXPECT_EQ(Attribute(record, "price"), "9.5");
  EXPECT_EQ(Attribute(record, "paid"), "true");
  EXPECT_EQ(Attribute(record, "none"), "(none)");
  EXPECT_EQ(Attribute(record, "user.id"), "u1");
  EXPECT_EQ(Attribute(record, "user.address.zip"), "8000");
  EXPECT_EQ(Attribute(record, "tags"), R"(["a",1])");
}

TEST(JsonLogsTest, TakesAnObjectAnArrayOrObjectsInARow) {
  for (const char* text : {R"([{"message":"a"},{"message":"b"}])", "{\"message\":\"a\"}\n{\"message\":\"b\"}\n",
                           R"({"message":"a"} {"message":"b"})", "\n[{\"message\":\"a\"}]\r\n[{\"message\":\"b\"}]"}) {
    const JsonBody body = Logs(text);
    EXPECT_EQ(FaultOf(body), "") << text;
    ASSERT_EQ(body.records.size(), 2) << text;
    EXPECT_EQ(body.records[0].record.body(), "a");
    EXPECT_EQ(body.records[1].record.body(), "b");
  }
}

TEST(JsonLogsTest, TimesMayBeNumbers) {
  struct Case {
    const char* time;
    uint64_t nanos;
  };
  for (const Case& c :
       {Case{"1800000000", 1'800'000'000'000'000'000u}, Case{"1800000000.5", 1'800'000'000'500'000'000u},
        Case{"1800000000123", 1'800'000'000'123'000'000u}, Case{"1800000000123456", 1'800'000'000'123'456'000u},
        Case{"1800000000123456789", 1'800'000'000'123'456'789u}, Case{"null", 1'800'000'000'000'000'000u}}) {
    const JsonBody body = Logs(StrCat(R"({"message":"a","time":)", c.time, "}"));
    ASSERT_EQ(FaultOf(body), "");
    EXPECT_EQ(body.records[0].record.time_unix_nano(), c.nanos) << c.time;
  }
}

TEST(JsonLogsTest, SeveritiesMayBeNumbersAndUnknownWordsAreKept) {
  EXPECT_EQ(Logs(R"({"message":"","severity":17})").records[0].record.severity(), v1::SEVERITY_ERROR);
  const JsonBody body = Logs(R"({"message":"","severity":"audit"})");
  EXPECT_EQ(body.records[0].record.severity(), v1::SEVERITY_UNSPECIFIED);
  EXPECT_EQ(body.records[0].record.severity_text(), "audit");
}

TEST(JsonLogsTest, LargeNumbersStayExact) {
  const JsonBody body = Logs(R"({"message":"","id":18446744073709551615,"n":-9223372036854775808})");
  EXPECT_EQ(Attribute(body.records[0], "id"), "18446744073709551615");
  EXPECT_EQ(Attribute(body.records[0], "n"), "-9223372036854775808");
}

TEST(JsonLogsTest, SaysWhichItemAndFieldIsWrong) {
  struct Case {
    std::string body;
    const char* fault;
  };
  const std::string nested = StrCat(R"({"message":"","a":)", std::string(5000, '['), std::string(5000, ']'), "}");
  for (const Case& c : std::vector<Case>{
           {"", "0 : there are no records"},
           {" \n", "0 : there are no records"},
           {"[]", "0 : there are no records"},
           {"{", "0 : malformed JSON"},
           {"hello", "0 : malformed JSON"},
           {"\"text\"", "0 : it is no JSON object"},
           {"[{\"message\":\"a\"}, 7]", "1 : it is no JSON object"},
           {"{\"message\":\"a\"}\n{\"message\":", "1 : malformed JSON"},
           {"{\"message\":\"\xff\"}", "0 : malformed JSON"},
           {R"({"service":"a"})", "0 message: it is missing"},
           {R"([{"message":"a"},{"message":7}])", "1 message: found \"7\"; a string is needed"},
           {R"({"message":"a","service":{}})", "0 service: found \"{}\"; a string"},
           {R"({"message":"a","severity":25})", "0 severity: found \"25\"; a name"},
           {R"({"message":"a","time":"yesterday"})", "0 time: found \"yesterday\"; a time as in RFC 3339"},
           {R"({"message":"a","time":-1})", "0 time: found \"-1\""},
           {nested, "0 : malformed JSON"},
           {StrCat(R"({"message":")", std::string(600'000, 'x'), "\"}"), "0 : the record has 600"},
       }) {
    const JsonBody body = Logs(c.body);
    EXPECT_THAT(FaultOf(body), HasSubstr(c.fault)) << c.body.substr(0, 100);
  }
}

TEST(JsonLogsTest, RecordsAndAttributesAreBounded) {
  std::string many = "[";
  for (int i = 0; i < 3; ++i) many += R"({"message":"a"},)";
  many.back() = ']';
  const JsonBody body = ReadJsonLogs(many, kNow, {.records = 2});
  EXPECT_THAT(FaultOf(body), HasSubstr("2 : there are more than 2 records"));
  EXPECT_TRUE(body.fault->too_many);
  std::string wide = R"({"message":"a")";
  for (int i = 0; i < 257; ++i) wide += StrCat(",\"k", i, "\":1");
  EXPECT_THAT(FaultOf(Logs(wide + "}")), HasSubstr("0 k256: there are more than 256 attributes"));
}

TEST(JsonHeartbeatsTest, TellTheSameAsBodyAndAttributes) {
  const JsonBody body = ReadJsonHeartbeats(
      R"({"service":"shop","environment":"prod","instance":"shop-1","interval":"1m30s","status":"ok","load":{"cpu":0.5},"time":1})",
      kNow, {});
  ASSERT_EQ(FaultOf(body), "");
  const DirectRecord& record = body.records[0];
  EXPECT_EQ(record.service, "shop");
  EXPECT_EQ(
      record.record.body(),
      R"({"service":"shop","environment":"prod","instance":"shop-1","interval":90,"status":"ok","load":{"cpu":0.5}})");
  EXPECT_EQ(record.record.time_unix_nano(), 1'000'000'000);
  EXPECT_EQ(record.record.severity(), v1::SEVERITY_INFO);
  EXPECT_EQ(Attribute(record, "service"), "shop");
  EXPECT_EQ(Attribute(record, "instance"), "shop-1");
  EXPECT_EQ(Attribute(record, "interval"), "90");
  EXPECT_EQ(Attribute(record, "load.cpu"), "0.5");
}

TEST(JsonHeartbeatsTest, NeedAServiceAndAnInterval) {
  const auto fault = [](std::string_view body) { return FaultOf(ReadJsonHeartbeats(body, kNow, {})); };
  EXPECT_EQ(fault(R"({"service":"a","interval":10})"), "");
  EXPECT_THAT(fault(R"({"interval":10})"), HasSubstr("0 service: it is missing"));
  EXPECT_THAT(fault(R"({"service":"a"})"), HasSubstr("0 interval: it is missing"));
  for (const char* bad : {"0", "-1", "\"soon\"", "1e9", "true", "\"-1s\"", "\"inf\""}) {
    EXPECT_THAT(fault(StrCat(R"({"service":"a","interval":)", bad, "}")), HasSubstr("0 interval: found")) << bad;
  }
}

TEST(DirectTopicTest, FillsInWhatATopicMayContain) {
  const auto fill = [](const std::string& text, const DirectRecord& record) -> std::string {
    const absl::StatusOr<DirectTopic> topic = DirectTopic::Compile(text);
    if (!topic.ok()) return std::string(topic.status().message());
    const absl::StatusOr<std::string> filled = topic->Fill(record);
    return filled.ok() ? *filled : std::string(filled.status().message());
  };
  const DirectRecord shop{.service = "shop/../é", .environment = "prod", .host = {}, .record = {}};
  EXPECT_EQ(fill("{service}", shop), "shop_..___");
  EXPECT_EQ(fill("{environment}.{service}", shop), "prod.shop_..___");
  EXPECT_EQ(fill("all", shop), "all");
  EXPECT_THAT(fill("{service}", {}), HasSubstr("service is missing"));
  EXPECT_THAT(fill("{service}", {.service = "..", .environment = {}, .host = {}, .record = {}}),
              HasSubstr("the topic"));
  EXPECT_THAT(fill("{service}", {.service = "sluice.events", .environment = {}, .host = {}, .record = {}}),
              HasSubstr("Sluice's own"));
  EXPECT_THAT(fill("{host}", shop), HasSubstr("unknown field \"{host}\"; allowed: {service}, {environment}"));
  EXPECT_THAT(fill("a b", shop), HasSubstr("at character 2"));
  EXPECT_THAT(fill("{service", shop), HasSubstr("unknown field"));
  EXPECT_THAT(fill("", shop), HasSubstr("expected a topic"));
}

}  // namespace
}  // namespace sluice::collector
