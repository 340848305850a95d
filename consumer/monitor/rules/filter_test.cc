#include "consumer/monitor/rules/filter.h"

#include <string>
#include <vector>

#include "base/strings.h"
#include "consumer/client/testing_batches.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::monitor {
namespace {

Glob Topic(std::string_view pattern) { return Glob::Compile(pattern, Glob::Kind::kTopic).value(); }
Glob Path(std::string_view pattern) { return Glob::Compile(pattern, Glob::Kind::kPath).value(); }

// Of a record of FullBatch. The first one: topic shop.checkout, severity ERROR, "payment failed", order=A-1029,
// service=shop.
bool Matches(const Filter& filter, int place = 0) {
  const std::string bytes = client::FullBatch().SerializeAsString();
  const client::Batch batch = client::Batch::Parse(bytes).value();
  AccessReader reader{LatencyField()};
  JsonBody json;
  Line line(&batch, &reader, &json);
  auto at = batch.records().begin();
  for (int i = 0; i < place; ++i) ++at;
  const client::RecordView record = *at;
  if (!filter.MatchesBatch(line)) return false;
  line.Set(&record);
  return filter.MatchesRecord(line);
}

Filter WithField(std::string_view name, std::string_view pattern) {
  Filter filter;
  filter.fields.emplace_back(Field::Parse(name).value(), Topic(pattern));
  return filter;
}

TEST(FilterTest, MatchesEverythingIfNothingIsGiven) { EXPECT_TRUE(Matches({})); }

TEST(FilterTest, TakesRecordsOfTopicsOrOfPaths) {
  EXPECT_TRUE(Matches({.topics = {Topic("shop.*")}}));
  EXPECT_FALSE(Matches({.topics = {Topic("shop")}}));
  EXPECT_TRUE(Matches({.paths = {Path("/var/log/shop/*.log")}}));
  EXPECT_FALSE(Matches({.paths = {Path("/var/log/*.log")}}));
  EXPECT_TRUE(Matches({.topics = {Topic("other")}, .paths = {Path("/var/log/**")}}));
}

TEST(FilterTest, LooksAtSeverityAndLine) {
  EXPECT_TRUE(Matches({.min_severity = v1::SEVERITY_ERROR}));
  EXPECT_FALSE(Matches({.min_severity = v1::SEVERITY_FATAL}));
  EXPECT_TRUE(Matches({.contains = "failed"}));
  EXPECT_FALSE(Matches({.contains = "Failed"}));
  EXPECT_TRUE(Matches({.regex = LinePattern::Compile("^pay.* f").value()}));
  EXPECT_FALSE(Matches({.regex = LinePattern::Compile("^failed").value()}));
}

TEST(FilterTest, AnExpressionSeesBytesThatAreNoTextAsTheyAreShown) {
  constexpr int kNoText = 1;
  EXPECT_TRUE(Matches({.regex = LinePattern::Compile("^caf.$").value()}, kNoText));
  EXPECT_TRUE(Matches({.contains = "caf\xe9"}, kNoText));
}

TEST(FilterTest, LooksAtFields) {
  EXPECT_TRUE(Matches(WithField("labels.service", "shop")));
  EXPECT_FALSE(Matches(WithField("labels.service", "sho")));
  EXPECT_FALSE(Matches(WithField("labels.region", "*")));  // there is none
  EXPECT_TRUE(Matches(WithField("attributes.order", "A-*")));
  EXPECT_FALSE(Matches(WithField("attributes.order", "B-*")));
  EXPECT_FALSE(Matches(WithField("attributes.user", "*")));
  EXPECT_TRUE(Matches(WithField("severity", "{ERROR,FATAL}")));
  EXPECT_TRUE(Matches(WithField("host", "web-*")));
}

TEST(FieldTest, SaysWhatIsNone) {
  EXPECT_EQ(Field::Parse("labels.").status().message(),
            "found \"labels.\"; expected topic, host, agent, path, source, severity, body, labels.NAME, "
            "attributes.NAME, or access. and method, path, section, status, client, bytes or latency");
  EXPECT_TRUE(Field::Parse("labels.a.b")->shared());
  EXPECT_FALSE(Field::Parse("attributes.a")->shared());
}

TEST(FieldTest, ReadsLinesOfAccessLogs) {
  v1::LogBatch proto;
  proto.add_records()->set_body(
      R"(10.0.0.7 - - [20/Nov/2026:09:15:39 +0000] "GET /pages/create/x?q=1 HTTP/1.1" 503 2326 "-" "curl" 0.25)");
  proto.add_records()->set_body("no such line");
  const std::string bytes = proto.SerializeAsString();
  const client::Batch batch = client::Batch::Parse(bytes).value();
  AccessReader reader{LatencyField()};
  JsonBody json;
  Line line(&batch, &reader, &json);
  const std::vector<client::RecordView> records(batch.records().begin(), batch.records().end());
  const auto text = [&](std::string_view name) {
    return std::string(Field::Parse(name)->Of(line).value_or("nothing"));
  };
  line.Set(&records[0]);
  EXPECT_EQ(text("access.method"), "GET");
  EXPECT_EQ(text("access.path"), "/pages/create/x");
  EXPECT_EQ(text("access.section"), "/pages");
  EXPECT_EQ(text("access.status"), "503");
  EXPECT_EQ(text("access.client"), "10.0.0.7");
  EXPECT_EQ(Field::Parse("access.bytes")->NumberOf(line), 2326);
  EXPECT_EQ(Field::Parse("access.latency")->NumberOf(line), 0.25);
  line.Set(&records[1]);
  EXPECT_EQ(text("access.status"), "nothing");
  EXPECT_EQ(Field::Parse("access.bytes")->NumberOf(line), std::nullopt);
}

TEST(FieldTest, AttributesAreThoseOfTheRecordOrElseOfItsJson) {
  v1::LogBatch proto;
  v1::LogRecord* const sent = proto.add_records();
  sent->set_body(R"({"user":"of the line","took":{"ms":12.5}})");
  (*sent->mutable_attributes())["user"] = "of the agent";
  proto.add_records()->set_body(R"({"user":"ann","took":{"ms":7}})");
  proto.add_records()->set_body("user=ann took.ms=7");
  const std::string bytes = proto.SerializeAsString();
  const client::Batch batch = client::Batch::Parse(bytes).value();
  AccessReader reader{LatencyField()};
  JsonBody json;
  Line line(&batch, &reader, &json);
  std::vector<std::string> found;
  for (const client::RecordView& record : batch.records()) {
    line.Set(&record);
    const std::optional<double> took = Field::Parse("attributes.took.ms")->NumberOf(line);
    found.push_back(StrCat(Field::Parse("attributes.user")->Of(line).value_or("nothing"), " ", took.value_or(-1)));
  }
  EXPECT_THAT(found, ::testing::ElementsAre("of the agent 12.5", "ann 7", "nothing -1"));
}

TEST(FieldTest, ReadsNumbers) {
  EXPECT_EQ(ParseNumber("12"), 12);
  EXPECT_EQ(ParseNumber("-0.5"), -0.5);
  EXPECT_EQ(ParseNumber("1e3"), 1000);
  for (const std::string_view text : {"", "12ms", "nan", "inf", "-"})
    EXPECT_EQ(ParseNumber(text), std::nullopt) << text;
}

}  // namespace
}  // namespace sluice::monitor
