#include "consumer/monitor/access/access_record.h"

#include <map>
#include <string>

#include "absl/strings/str_format.h"
#include "base/strings.h"
#include "gtest/gtest.h"

namespace sluice::monitor {
namespace {

using Attributes = std::map<std::string, std::string>;

// "GET /x 200 12b 10.0.0.1 0.031s"
std::string Read(const std::string& line, const LatencyField& latency = {}, const Attributes& attributes = {},
                 v1::LinePart part = v1::LINE_PART_UNSPECIFIED) {
  v1::LogRecord record;
  record.set_body(line);
  record.set_part(part);
  record.mutable_attributes()->insert(attributes.begin(), attributes.end());
  const std::string bytes = record.SerializeAsString();
  client::RecordView view;
  EXPECT_TRUE(client::RecordView::ParseChecked(bytes, &view));
  AccessReader reader(latency);
  AccessHit hit;
  switch (reader.Read(view, &hit)) {
    case AccessResult::kMalformed:
      return "malformed";
    case AccessResult::kIgnored:
      return "ignored";
    case AccessResult::kHit:
      break;
  }
  std::string text = StrCat(hit.method, " ", hit.target, " ", hit.status, " ", hit.bytes, "b ", hit.client);
  if (hit.latency_seconds >= 0) absl::StrAppendFormat(&text, " %gs", hit.latency_seconds);
  return text;
}

constexpr char kHead[] = R"(10.0.0.1 - - [20/Nov/2026:09:15:39 +0000] "GET /a?b HTTP/1.1" 200 12)";
constexpr char kHit[] = "GET /a?b 200 12b 10.0.0.1";

TEST(AccessRecordTest, ReadsCommonAndCombinedLines) {
  const std::string head = kHead;
  EXPECT_EQ(Read(head), kHit);
  EXPECT_EQ(Read(head + "\r"), kHit);
  EXPECT_EQ(Read("shop.example:443 " + head), kHit);
  EXPECT_EQ(Read(head + R"x( "http://a/" "Mozilla/5.0 (X11)")x"), kHit);
  EXPECT_EQ(Read(head + R"x( "http://a/" "Mozilla/5.0 (X11)" "203.0.113.7")x"), kHit);
  EXPECT_EQ(Read(R"(::1 - - [20/Nov/2026:09:15:39 +0000] "-" 408 -)"), "  408 0b ::1");
  EXPECT_EQ(Read(R"(::1 - - [20/Nov/2026:09:15:39 +0000] "\x16\x03" 400 0)"), "  400 0b ::1");
  EXPECT_EQ(Read(R"(::1 - - [20/Nov/2026:09:15:39 +0000] "GET / HTTP/1.1" - -)"), "GET / 0 0b ::1");
}

TEST(AccessRecordTest, FindsTheLatency) {
  const std::string combined = StrCat(kHead, R"( "-" "curl/8.9.1")");
  const std::string hit = kHit;
  EXPECT_EQ(Read(combined + " 0.031"), hit + " 0.031s");
  EXPECT_EQ(Read(combined + " 31000"), hit + " 0.031s") << "Apache's %D counts microseconds";
  EXPECT_EQ(Read(StrCat(kHead, " 31000")), hit + " 0.031s") << "also without referer and agent";
  EXPECT_EQ(Read(combined + " rt=0.031 uct=\"0.001\" urt=\"0.030\""), hit + " 0.031s");
  EXPECT_EQ(Read(combined + " request_time=0.5 7"), hit + " 0.5s");
  EXPECT_EQ(Read(combined + " \"203.0.113.7\" 0.031 pipe"), hit);
  EXPECT_EQ(Read(combined + " -"), hit);
  EXPECT_EQ(Read(combined + " -1"), hit);
  EXPECT_EQ(Read(combined + " urt=0.2 0.5", {.name = "urt", .unit = LatencyUnit::kSeconds}), hit + " 0.2s");
  EXPECT_EQ(Read(combined + " took=\"250\"", {.name = "took", .unit = LatencyUnit::kMillis}), hit + " 0.25s");
  EXPECT_EQ(Read(combined + " 250", {.name = {}, .unit = LatencyUnit::kMillis}), hit + " 0.25s");
  EXPECT_EQ(Read(combined + " rt=nan"), hit);
  EXPECT_EQ(Read(combined + " rt=1e300"), hit);
}

TEST(AccessRecordTest, ReadsJson) {
  EXPECT_EQ(Read(R"({"remote_addr":"10.0.0.1","request":"GET /a?b HTTP/1.1","status":200,"body_bytes_sent":12,)"
                 R"("request_time":"0.031"})"),
            StrCat(kHit, " 0.031s"));
  EXPECT_EQ(Read(R"({"level":"info","request":{"remote_ip":"10.0.0.1","method":"GET","uri":"/a?b",)"
                 R"("headers":{"status":["x"]}},"duration":0.000929675,"size":12,"status":200})"),
            StrCat(kHit, " 0.000929675s"))
      << "Caddy";
  EXPECT_EQ(Read(R"({"ClientHost":"10.0.0.1","DownstreamContentSize":12,"DownstreamStatus":200,"Duration":31000000,)"
                 R"("RequestMethod":"GET","RequestPath":"/a?b"})"),
            StrCat(kHit, " 0.031s"))
      << "Traefik";
  EXPECT_EQ(Read(R"({"path":"/\u00e9","status":"200", "took": 5 , "x":[1,{"status":500}],"y":null})",
                 {.name = "took", .unit = LatencyUnit::kMillis}),
            " /é 200 0b  0.005s");
  EXPECT_EQ(Read(R"({"message":"hello"})"), "malformed");
  EXPECT_EQ(Read(R"({"status":200)"), "malformed");
  EXPECT_EQ(Read("{"), "malformed");
  EXPECT_EQ(Read(R"({"status":200,"path":{"a":1}})"), "  200 0b ");
}

TEST(AccessRecordTest, ReadsTheAttributesOfOtherLines) {
  const Attributes iis = {{"cs-method", "GET"}, {"cs-uri-stem", "/a"}, {"sc-status", "200"},
                          {"sc-bytes", "12"},   {"c-ip", "10.0.0.1"},  {"time-taken", "31"}};
  EXPECT_EQ(Read("2026-11-20 09:15:39 GET /a 200 12 10.0.0.1 31", {}, iis), "GET /a 200 12b 10.0.0.1 0.031s");
  Attributes cloud_front = iis;
  cloud_front["time-taken"] = "0.25";
  EXPECT_EQ(Read("row", {}, cloud_front), "GET /a 200 12b 10.0.0.1 0.25s");
  EXPECT_EQ(Read("#Fields: date time cs-method"), "ignored");
  EXPECT_EQ(Read("row", {}, {{"cs-method", "GET"}}), "malformed");
}

TEST(AccessRecordTest, CallsOtherLinesMalformed) {
  for (const char* line :
       {"hello", "[", "x - - [20/Nov/2026:09:15:39 +0000]", "x - - [20/Nov/2026:09:15:39 +0000] \"GET /",
        "x - - [20/Nov/2026:09:15:39 +0000] \"GET / H\"", "x - - [20/Nov/2026:09:15:39 +0000] \"GET / H\" 700 1"}) {
    EXPECT_EQ(Read(line), "malformed") << line;
  }
  for (const char* line : {"", "  \t", "\r", "#Version: 1.0"}) EXPECT_EQ(Read(line), "ignored") << line;
}

TEST(AccessRecordTest, CountsALongLineOnce) {
  EXPECT_EQ(Read(kHead, {}, {}, v1::LINE_PART_FIRST), kHit);
  EXPECT_EQ(Read(kHead, {}, {}, v1::LINE_PART_UNTERMINATED), kHit);
  EXPECT_EQ(Read("x", {}, {}, v1::LINE_PART_MIDDLE), "ignored");
  EXPECT_EQ(Read("x", {}, {}, v1::LINE_PART_LAST), "ignored");
}

}  // namespace
}  // namespace sluice::monitor
