#include "consumer/monitor/access/access_interval.h"

#include <string>

#include "gtest/gtest.h"

namespace sluice::monitor {
namespace {

AccessHit Hit(std::string_view method, int status, std::string_view client, double latency = -1) {
  return {
      .method = method, .target = "/", .client = client, .status = status, .bytes = 100, .latency_seconds = latency};
}

AccessInterval Some() {
  AccessInterval interval;
  interval.Add(Hit("GET", 200, "10.0.0.1", 0.010), "/pages");
  interval.Add(Hit("GET", 503, "10.0.0.2", 0.500), "/pages");
  interval.Add(Hit("POST", 302, "10.0.0.1"), "/a\"b");
  interval.Add(Hit("PROPFIND", 0, ""), "-");
  interval.AddMalformed();
  interval.AddLeftOut(3, 2);
  return interval;
}

TEST(AccessIntervalTest, IsToldAsOneRecord) {
  const v1::LogRecord record = Some().ToRecord(1'795'166'130, 10, 2);
  EXPECT_EQ(record.body(),
            R"({"kind":"access","from":"2026-11-20T09:15:30Z","to":"2026-11-20T09:15:40Z","interval_seconds":10,)"
            R"("hits":4,"hits_per_second":0.4,"bytes":400,"status":{"other":1,"2xx":1,"3xx":1,"5xx":1},)"
            R"("methods":{"GET":2,"POST":1,"other":1},"unique_clients":2,"error_rate":0.25,)"
            R"("latency_seconds":{"count":2,"p50":0.00994979,"p90":0.5,"p99":0.5,"max":0.5},)"
            R"("malformed":1,"late":3,"ahead":2,"sections":[{"section":"/pages","hits":2,"bytes":200,"errors":1},)"
            R"({"section":"-","hits":1,"bytes":100,"errors":0}]})");
  EXPECT_EQ(record.time_unix_nano(), 1'795'166'140'000'000'000u);
  EXPECT_EQ(record.attributes().at("hits"), "4");
  EXPECT_EQ(record.attributes().at("error_rate"), "0.25");
}

TEST(AccessIntervalTest, NamesTheErrorOfSectionsThatAreNotCountedExactly) {
  AccessInterval interval;
  for (int i = 0; i < 5000; ++i) interval.Add(Hit("GET", 200, "c"), "/" + std::to_string(i));
  for (int i = 0; i < 100; ++i) interval.Add(Hit("GET", 200, "c"), "/pages");
  const std::string body = interval.ToRecord(0, 10, 1).body();
  EXPECT_NE(body.find(R"("sections":[{"section":"/pages","hits":104,"hits_error":4,"bytes":10000,"errors":0}])"),
            body.npos)
      << body;
}

TEST(AccessIntervalTest, SurvivesItsBytes) {
  const AccessInterval interval = Some();
  absl::StatusOr<AccessInterval> again = AccessInterval::Decode(interval.Encode());
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->Encode(), interval.Encode());
  EXPECT_EQ(again->ToRecord(0, 10, 9).body(), interval.ToRecord(0, 10, 9).body());
  // An interval of which nothing is known yet.
  EXPECT_TRUE(AccessInterval::Decode(AccessInterval().Encode()).ok());
  const std::string bytes = interval.Encode();
  EXPECT_FALSE(AccessInterval::Decode(std::string_view(bytes).substr(0, bytes.size() - 1)).ok());
  EXPECT_FALSE(AccessInterval::Decode("x").ok());
}

}  // namespace
}  // namespace sluice::monitor
