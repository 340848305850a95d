#include "agent/process/redacted_line.h"

#include <string>

#include "gtest/gtest.h"

namespace sluice::agent {
namespace {

TEST(RedactedLineTest, ShowsWhatStandsBeforeAndBehindWhatWasReplaced) {
  const std::string line = R"({"user":"ann","iban":"DE8937","x":1})";
  const std::string redacted = R"({"user":"ann",***,"x":1})";
  const RedactedLine shown(line, redacted);
  const std::string_view text = line;
  EXPECT_TRUE(shown.Shows(text.substr(text.find("ann"), 3)));
  EXPECT_TRUE(shown.Shows(text.substr(text.find('1'), 1)));
  EXPECT_FALSE(shown.Shows(text.substr(text.find("DE8937"), 6)));
  EXPECT_FALSE(shown.Shows(text.substr(text.find("ann"), text.size() - text.find("ann")))) << "around it";
  const std::string copy = "ann";
  EXPECT_FALSE(shown.Shows(copy)) << "nobody knows where that stood";
  EXPECT_TRUE(shown.Shows(""));
}

TEST(RedactedLineTest, WhatIsTheSameAtBothEndsIsCountedOnce) {
  const std::string line = "aaaa";
  const std::string redacted = "aaa";
  const RedactedLine shown(line, redacted);
  EXPECT_TRUE(shown.Shows(std::string_view(line).substr(0, 3)));
  EXPECT_FALSE(shown.Shows(std::string_view(line).substr(3)));
  EXPECT_FALSE(RedactedLine(line, "").Shows(std::string_view(line).substr(0, 1)));
}

TEST(RedactedLineTest, ANameIsShownIfAllOfItIsLeft) {
  const RedactedLine shown(R"({"http":{"DE8937":5,"status":200}})", R"({"http":{***:5,"status":200}})");
  EXPECT_TRUE(shown.ShowsName("http"));
  EXPECT_TRUE(shown.ShowsName("http.status"));
  EXPECT_FALSE(shown.ShowsName("http.DE8937"));
  EXPECT_FALSE(shown.ShowsName("DE8937.status"));
  EXPECT_TRUE(shown.ShowsName("remote_addr")) << "a word of the parser";
  EXPECT_FALSE(RedactedLine(R"({"DE\u0038937":5})", "{***:5}").ShowsName("DE8937"));
}

}  // namespace
}  // namespace sluice::agent
