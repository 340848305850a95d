#include "agent/parse/access.h"

#include <string>
#include <string_view>

#include "agent/parse/show.h"
#include "gtest/gtest.h"

namespace sluice::agent {
namespace {

bool Parse(std::string_view text, ParsedLine* line) {
  TimeReader times;
  return ParseAccess(text, &times, line);
}

TEST(AccessTest, FindsTheTimeOfCommonAndCombinedLines) {
  constexpr std::string_view kLines[] = {
      R"(127.0.0.1 - frank [20/Nov/2026:09:15:39 +0000] "GET /apache_pb.gif HTTP/1.0" 200 2326)",
      R"(10.0.0.1 - - [20/Nov/2026:10:15:39 +0100] "GET / HTTP/1.1" 304 - "http://a.example/" "Mozilla/5.0 [en]")",
      R"(shop.example:443 2001:db8::1 - - [20/Nov/2026:09:15:39 +0000] "GET / HTTP/2.0" 200 12)",
      R"([2001:db8::1] - - [20/Nov/2026:09:15:39 +0000] "GET / HTTP/2.0" 200 12)",
      R"(10.0.0.1 - [x] [20/Nov/2026:09:15:39 +0000] "GET /[y] HTTP/2.0" 200 12)",
      R"(10.0.0.1 - - [20/Nov/2026:09:15:39 +0000] "-" 408 0)",
      R"(10.0.0.1 - - [20/Nov/2026:09:15:39 +0000])",
  };
  for (std::string_view text : kLines) {
    ParsedLine line;
    EXPECT_TRUE(Parse(text, &line)) << text;
    EXPECT_EQ(Show(line), "2026-11-20T09:15:39Z - -") << text;
  }
}

std::string Fields(std::string_view text, bool severity_from_status = false,
                   const FieldSelection& fields = FieldSelection::All()) {
  TimeReader times;
  ParsedLine line;
  const bool access = ParseAccessFields(text, fields, severity_from_status, &times, &line);
  return access ? Show(line) : "no access log";
}

TEST(AccessTest, GivesItsFieldsAsAttributes) {
  EXPECT_EQ(Fields(R"(127.0.0.1 - frank [20/Nov/2026:09:15:39 +0000] "GET /a?b=c HTTP/1.0" 200 2326)"),
            "2026-11-20T09:15:39Z - - remote_addr=127.0.0.1 user=frank method=GET path=/a?b=c protocol=HTTP/1.0 "
            "status=200 bytes=2326");
  EXPECT_EQ(Fields(R"(10.0.0.1 id - [20/Nov/2026:10:15:39 +0100] "POST / HTTP/1.1" 304 - "http://a/" "Moz [x; y]" 7)"),
            "2026-11-20T09:15:39Z - - remote_addr=10.0.0.1 ident=id method=POST path=/ protocol=HTTP/1.1 status=304 "
            "referer=http://a/ user_agent=Moz [x; y]");
  EXPECT_EQ(Fields(R"(shop.example:443 2001:db8::1 - Ann Lee [20/Nov/2026:09:15:39 +0000] "GET / HTTP/2.0" 200 12)"),
            "2026-11-20T09:15:39Z - - vhost=shop.example:443 remote_addr=2001:db8::1 user=Ann Lee method=GET path=/ "
            "protocol=HTTP/2.0 status=200 bytes=12");
  EXPECT_EQ(Fields(R"(10.0.0.1 - Ann Lee [20/Nov/2026:09:15:39 +0000] "GET /a b HTTP/2.0" 200 12 "-" "a\"b")"),
            "2026-11-20T09:15:39Z - - remote_addr=10.0.0.1 user=Ann Lee method=GET path=/a b protocol=HTTP/2.0 "
            "status=200 bytes=12 user_agent=a\\\"b");
  EXPECT_EQ(Fields(R"(10.0.0.1 - - [20/Nov/2026:09:15:39 +0000] "\x16\x03" 400 0)"),
            "2026-11-20T09:15:39Z - - remote_addr=10.0.0.1 request=\\x16\\x03 status=400 bytes=0");
  EXPECT_EQ(Fields(R"(10.0.0.1 - - [20/Nov/2026:09:15:39 +0000] "-" 408 0)"),
            "2026-11-20T09:15:39Z - - remote_addr=10.0.0.1 status=408 bytes=0");
  EXPECT_EQ(Fields(R"(10.0.0.1 - - [20/Nov/2026:09:15:39 +0000])"), "2026-11-20T09:15:39Z - - remote_addr=10.0.0.1");
  EXPECT_EQ(Fields(R"(10.0.0.1 - - [20/Nov/2026:09:15:39 +0000] "GET /)"),
            "2026-11-20T09:15:39Z - - remote_addr=10.0.0.1 request=GET /");
  EXPECT_EQ(Fields(R"(10.0.0.1 - - [20/Nov/2026:09:15:39 +0000] "GET / HTTP/2.0" 200 12)", false,
                   *FieldSelection::Named({"status", "bytes"})),
            "2026-11-20T09:15:39Z - - status=200 bytes=12");
  EXPECT_EQ(Fields("[20/Nov/2026:09:15:39 +0000] x"), "2026-11-20T09:15:39Z - - request=x");
  EXPECT_EQ(Fields("no access log"), "no access log");
}

TEST(AccessTest, TellsTheSeverityOfAStatusIfAskedTo) {
  const auto severity = [](const std::string& status) {
    const std::string line = R"(10.0.0.1 - - [20/Nov/2026:09:15:39 +0000] "GET / HTTP/2.0" )" + status + " 12";
    return Fields(line, /*severity_from_status=*/true, FieldSelection::None()).substr(21);
  };
  EXPECT_EQ(severity("200"), "INFO 200");
  EXPECT_EQ(severity("101"), "INFO 101");
  EXPECT_EQ(severity("304"), "INFO 304");
  EXPECT_EQ(severity("404"), "WARN 404");
  EXPECT_EQ(severity("503"), "ERROR 503");
  for (const char* status : {"-", "", "600", "000", "20", "2000", "2x0"}) EXPECT_EQ(severity(status), "- -") << status;
}

TEST(AccessTest, LeavesOtherLinesAlone) {
  const std::string far_away = std::string(600, 'x') + " [20/Nov/2026:09:15:39 +0000]";
  const std::string_view lines[] = {
      "",
      "[",
      "10.0.0.1 - - [20/Nov/2026:09:15:39 +0000",
      "10.0.0.1 - - [20/Nov/2026:09:15:39]",  // shorter than any
      "10.0.0.1 - - [20/Nix/2026:09:15:39 +0000] \"GET",
      "10.0.0.1 - - [20-Nov-2026 09:15:39 +0000] \"GET",
      "10.0.0.1 - - [20/Nov/2026:09:15:39 +0000 GET",
      "[a] [b] [c] [d] [20/Nov/2026:09:15:39 +0000]",
      far_away,
  };
  for (std::string_view text : lines) {
    ParsedLine line;
    EXPECT_FALSE(Parse(text, &line)) << text;
    EXPECT_EQ(Show(line), "- - -") << text;
  }
}

}  // namespace
}  // namespace sluice::agent
