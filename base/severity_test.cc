#include "base/severity.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>

namespace sluice {
namespace {

using namespace std::string_view_literals;

struct Case {
  std::string_view text;
  v1::Severity severity;
};

const Case kCases[] = {
    {"trace", v1::SEVERITY_TRACE},
    {"trc", v1::SEVERITY_TRACE},
    {"trac", v1::SEVERITY_TRACE},
    {"trce", v1::SEVERITY_TRACE},
    {"silly", v1::SEVERITY_TRACE},
    {"debu", v1::SEVERITY_DEBUG},
    {"dbug", v1::SEVERITY_DEBUG},
    {"success", v1::SEVERITY_INFO},
    {"erro", v1::SEVERITY_ERROR},
    {"eror", v1::SEVERITY_ERROR},
    {"fail", v1::SEVERITY_ERROR},
    {"fata", v1::SEVERITY_FATAL},
    {"pani", v1::SEVERITY_FATAL},
    {"verbose", v1::SEVERITY_TRACE},
    {"vrb", v1::SEVERITY_TRACE},
    {"finer", v1::SEVERITY_TRACE},
    {"finest", v1::SEVERITY_TRACE},
    {"t", v1::SEVERITY_TRACE},
    {"v", v1::SEVERITY_TRACE},
    {"debug", v1::SEVERITY_DEBUG},
    {"dbg", v1::SEVERITY_DEBUG},
    {"fine", v1::SEVERITY_DEBUG},
    {"config", v1::SEVERITY_DEBUG},
    {"d", v1::SEVERITY_DEBUG},
    {"info", v1::SEVERITY_INFO},
    {"inf", v1::SEVERITY_INFO},
    {"information", v1::SEVERITY_INFO},
    {"informational", v1::SEVERITY_INFO},
    {"notice", v1::SEVERITY_INFO},
    {"note", v1::SEVERITY_INFO},
    {"i", v1::SEVERITY_INFO},
    {"n", v1::SEVERITY_INFO},
    {"warn", v1::SEVERITY_WARN},
    {"wrn", v1::SEVERITY_WARN},
    {"warning", v1::SEVERITY_WARN},
    {"w", v1::SEVERITY_WARN},
    {"error", v1::SEVERITY_ERROR},
    {"err", v1::SEVERITY_ERROR},
    {"severe", v1::SEVERITY_ERROR},
    {"e", v1::SEVERITY_ERROR},
    {"fatal", v1::SEVERITY_FATAL},
    {"ftl", v1::SEVERITY_FATAL},
    {"critical", v1::SEVERITY_FATAL},
    {"crit", v1::SEVERITY_FATAL},
    {"alert", v1::SEVERITY_FATAL},
    {"emergency", v1::SEVERITY_FATAL},
    {"emerg", v1::SEVERITY_FATAL},
    {"panic", v1::SEVERITY_FATAL},
    {"dpanic", v1::SEVERITY_FATAL},
    {"c", v1::SEVERITY_FATAL},
    {"f", v1::SEVERITY_FATAL},
    {"trace1", v1::SEVERITY_TRACE},
    {"trace4", v1::SEVERITY_TRACE4},
    {"debug2", v1::SEVERITY_DEBUG2},
    {"info3", v1::SEVERITY_INFO3},
    {"warn4", v1::SEVERITY_WARN4},
    {"error2", v1::SEVERITY_ERROR2},
    {"fatal4", v1::SEVERITY_FATAL4},
    {"info5", v1::SEVERITY_UNSPECIFIED},
};

TEST(SeverityTest, KnowsTheUsualSpellingsInAnyCase) {
  for (const Case& c : kCases) {
    std::string text(c.text);
    EXPECT_EQ(SeverityFromText(text), c.severity) << text;
    std::transform(text.begin(), text.end(), text.begin(), [](unsigned char x) { return std::toupper(x); });
    EXPECT_EQ(SeverityFromText(text), c.severity) << text;
    std::transform(text.begin() + 1, text.end(), text.begin() + 1, [](unsigned char x) { return std::tolower(x); });
    EXPECT_EQ(SeverityFromText(text), c.severity) << text;
  }
}

TEST(SeverityTest, TakesNothingElseForASeverity) {
  for (std::string_view text :
       {""sv, " "sv, "x"sv, "informal"sv, "errors"sv, "warned"sv, "warningg"sv, " info"sv, "info "sv, "emergencyx"sv,
        "emergence"sv, "informatiox"sv, "criticality"sv, "d\0"sv, "\0"sv, "1"sv, "2"sv,
        "information that is much too long for a severity"sv, "err\xc3\xb6r"sv}) {
    EXPECT_EQ(SeverityFromText(text), v1::SEVERITY_UNSPECIFIED) << text;
  }
}

TEST(SeverityTest, NamesReadBackAsThemselves) {
  for (int number = v1::SEVERITY_TRACE; number <= v1::SEVERITY_FATAL4; ++number) {
    const auto severity = static_cast<v1::Severity>(number);
    EXPECT_EQ(SeverityFromText(SeverityName(severity)), (number - 1) / 4 * 4 + 1);
  }
  EXPECT_EQ(SeverityName(v1::SEVERITY_UNSPECIFIED), "-");
  EXPECT_EQ(SeverityName(static_cast<v1::Severity>(25)), "-");
  EXPECT_EQ(SeverityName(static_cast<v1::Severity>(-1)), "-");
}

TEST(SeverityTest, SyslogNumbersAreWhatTheirWordsAre) {
  const std::string_view words[] = {"emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"};
  for (int number = 0; number < 8; ++number) {
    EXPECT_EQ(SeverityFromSyslog(number), SeverityFromText(words[number])) << words[number];
  }
  EXPECT_EQ(SeverityFromSyslog(-1), v1::SEVERITY_UNSPECIFIED);
  EXPECT_EQ(SeverityFromSyslog(8), v1::SEVERITY_UNSPECIFIED);
}

TEST(SeverityTest, BunyanNumbersAreWhatTheirWordsAre) {
  const std::string_view words[] = {"trace", "debug", "info", "warn", "error", "fatal"};
  for (int i = 0; i < 6; ++i) EXPECT_EQ(SeverityFromBunyan(10 * (i + 1)), SeverityFromText(words[i])) << words[i];
  for (int level : {0, 1, 15, 35, 70, -10}) EXPECT_EQ(SeverityFromBunyan(level), v1::SEVERITY_UNSPECIFIED) << level;
}

}  // namespace
}  // namespace sluice
