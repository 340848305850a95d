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

TEST(AccessTest, LeavesOtherLinesAlone) {
  const std::string far_away = std::string(600, 'x') + " [20/Nov/2026:09:15:39 +0000]";
  const std::string_view lines[] = {
      "",
      "[",
      "10.0.0.1 - - [20/Nov/2026:09:15:39 +0000",
      "10.0.0.1 - - [20/Nov/2026:09:15:39]",  // shorter than any
      "10.0.0.1 - - [20/Nix/2026:09:15:39 +0000] \"GET",
      "10.0.0.1 - - [20-Nov-2026 09:15:39 +0000] \"GET",
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
