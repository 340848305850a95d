#include "agent/parse/w3c.h"

#include <string>
#include <string_view>
#include <utility>

#include "agent/parse/show.h"
#include "agent/parse/zone_offsets.h"
#include "base/strings.h"
#include "gtest/gtest.h"

namespace sluice::agent {
namespace {

std::string Found(const W3cColumns& columns, std::string_view text) {
  TimeReader times;
  ParsedLine line;
  return columns.ParseRow(text, &times, &line) ? Show(line) : "no row";
}

TEST(W3cTest, FindsTheColumnsThatTheFileNames) {
  W3cColumns columns;
  constexpr std::string_view kRow = "2026-11-20 09:15:39 10.0.0.1 GET /index.html - 80 200";
  EXPECT_EQ(Found(columns, kRow), "no row");
  EXPECT_TRUE(columns.ReadDirective("#Software: Microsoft Internet Information Services 10.0"));
  EXPECT_TRUE(columns.ReadDirective("#Version: 1.0"));
  EXPECT_EQ(Found(columns, kRow), "no row");
  EXPECT_TRUE(columns.ReadDirective("#Fields: date time c-ip cs-method cs-uri-stem cs-uri-query s-port sc-status"));
  EXPECT_EQ(Found(columns, kRow), "2026-11-20T09:15:39Z - -");
  EXPECT_EQ(Found(columns, "2026-11-20\t09:15:39.5\tFRA2\t1234"), "2026-11-20T09:15:39.5Z - -");

  // Named again: other columns.
  EXPECT_TRUE(columns.ReadDirective("#Fields:\ttime\tc-ip\tdate"));
  EXPECT_EQ(Found(columns, kRow), "no row");
  EXPECT_EQ(Found(columns, "09:15:39 10.0.0.1 2026-11-20"), "2026-11-20T09:15:39Z - -");
  EXPECT_TRUE(columns.ReadDirective("#Fields: c-ip cs-uri"));
  EXPECT_EQ(Found(columns, kRow), "no row");
}

std::string Fields(const W3cColumns& columns, std::string_view text, bool severity_from_status = false,
                   const FieldSelection& fields = FieldSelection::All()) {
  TimeReader times;
  ParsedLine line;
  return columns.ParseRowFields(text, fields, severity_from_status, &times, &line) ? Show(line) : "no row";
}

TEST(W3cTest, GivesColumnsAsAttributes) {
  W3cColumns columns(/*keep_names=*/true);
  EXPECT_EQ(Fields(columns, "2026-11-20 09:15:39 GET"), "no row");
  ASSERT_TRUE(columns.ReadDirective("#Fields: date time cs-method cs-uri-stem cs(User-Agent) sc-status"));
  constexpr std::string_view kRow = "2026-11-20 09:15:39 GET / Mozilla/5.0+(X11) 503";
  EXPECT_EQ(Fields(columns, kRow),
            "2026-11-20T09:15:39Z - - date=2026-11-20 time=09:15:39 cs-method=GET cs-uri-stem=/ "
            "cs(User-Agent)=Mozilla/5.0+(X11) sc-status=503");
  EXPECT_EQ(Fields(columns, kRow, true, *FieldSelection::Named({"cs-method"})),
            "2026-11-20T09:15:39Z ERROR 503 cs-method=GET");
  EXPECT_EQ(Fields(columns, "2026-11-20 09:15:39 - - \"a \"\"b\"\" c\" 200", false,
                   *FieldSelection::Named({"cs-method", "cs(User-Agent)", "sc-status"})),
            "2026-11-20T09:15:39Z - - cs(User-Agent)=a \"\"b\"\" c sc-status=200")
      << "quotation marks hold blanks together; - is nothing";
  EXPECT_EQ(Fields(columns, "2026-11-20 09:15:39 GET /"), "no row") << "columns are missing";
  EXPECT_EQ(Fields(columns, "2026-11-20 09:15 GET / x 200"), "no row") << "no time";
  EXPECT_EQ(Fields(columns, "2026-11-20 09:15:39 \"GET / x 200"),
            "2026-11-20T09:15:39Z - - date=2026-11-20 time=09:15:39 cs-method=\"GET cs-uri-stem=/ cs(User-Agent)=x "
            "sc-status=200")
      << "a quotation mark that nothing closes";
}

TEST(W3cTest, TakesTheDateOfTheFileForRowsThatHaveATimeOnly) {
  W3cColumns columns(/*keep_names=*/true);
  ASSERT_TRUE(columns.ReadDirective("#Fields: time c-ip"));
  EXPECT_EQ(Found(columns, "09:15:39 10.0.0.1"), "no row");
  ASSERT_TRUE(columns.ReadDirective("#Date: 2026-11-20 09:15:30"));
  EXPECT_EQ(Found(columns, "09:15:39 10.0.0.1"), "2026-11-20T09:15:39Z - -");
  EXPECT_EQ(Fields(columns, "09:15:39.5 10.0.0.1"), "2026-11-20T09:15:39.5Z - - time=09:15:39.5 c-ip=10.0.0.1");
  EXPECT_EQ(Found(columns, "09:15:01 10.0.0.1"), "2026-11-20T09:15:01Z - -") << "a little out of order";
  EXPECT_EQ(Found(columns, "00:00:01 10.0.0.1"), "2026-11-21T00:00:01Z - -") << "behind midnight";
  ASSERT_TRUE(columns.ReadDirective("#Date: yesterday"));
  EXPECT_EQ(Found(columns, "09:15:39 10.0.0.1"), "no row");
}

TEST(W3cTest, TheDateOfTheFileMayHaveNoTime) {
  W3cColumns columns;
  ASSERT_TRUE(columns.ReadDirective("#Fields: time cs-uri"));
  for (std::string_view date : {"2026-03-06", "06-Mar-2026", " 2026-03-06 ", "2026-03-06 noon"}) {
    ASSERT_TRUE(columns.ReadDirective("#Date: 2026-11-20 09:15:30"));
    ASSERT_TRUE(columns.ReadDirective(StrCat("#Date: ", date)));
    EXPECT_EQ(Found(columns, "07:00:00 /e"), "2026-03-06T07:00:00Z - -") << date;
  }
  for (std::string_view date : {"", "2026-02-30", "2026/03/06", "0123456789", "2026-03-0x", "x026-03-06"}) {
    ASSERT_TRUE(columns.ReadDirective(StrCat("#Date: ", date)));
    EXPECT_EQ(Found(columns, "07:00:00 /e"), "no row") << date;
  }
}

TEST(W3cTest, ReadsTimesInTheSourcesZone) {
  const auto berlin = *ZoneOffsets::Load("Europe/Berlin");
  TimeReader times(berlin.get());
  W3cColumns columns;
  columns.ReadDirectives("#Date: 2026-07-20 23:59:00\n#Fields: time c-ip\n");
  for (const auto& [row, time] : {std::pair("23:59:01 10.0.0.1", "2026-07-20T21:59:01Z"),
                                  std::pair("00:00:01 10.0.0.1", "2026-07-20T22:00:01Z")}) {
    ParsedLine line;
    ASSERT_TRUE(columns.ParseRow(row, &times, &line));
    EXPECT_EQ(ShowTime(line.time_unix_nano), time) << row;
  }
}

TEST(W3cTest, ReadsTheExampleOfTheFormatsDraft) {
  W3cColumns columns(/*keep_names=*/true);
  for (std::string_view line : {"#Version: 1.0", "#Date: 12-Jan-1996 00:00:00", "#Fields: time cs-method cs-uri"}) {
    ASSERT_TRUE(columns.ReadDirective(line));
  }
  EXPECT_EQ(Fields(columns, "00:34:23 GET /foo/bar.html"),
            "1996-01-12T00:34:23Z - - time=00:34:23 cs-method=GET cs-uri=/foo/bar.html");
  for (std::string_view date : {"12-Jax-1996", "12/Jan/1996", "x2-Jan-1996", "32-Jan-1996", "1-Jan-1996"}) {
    ASSERT_TRUE(columns.ReadDirective(StrCat("#Date: ", date, " 00:00:00")));
    EXPECT_EQ(Found(columns, "00:34:23 GET /foo/bar.html"), "no row") << date;
  }
}

TEST(W3cTest, ReadsTheDirectivesAtTheBeginningOfAFile) {
  W3cColumns columns(/*keep_names=*/true);
  columns.ReadDirectives("#Version: 1.0\r\n#Fields: date time c-ip\r\n2026-11-20 09:15:39 10.0.0.1\r\n#Fields: da");
  EXPECT_EQ(Fields(columns, "2026-11-20 09:15:39 10.0.0.1"),
            "2026-11-20T09:15:39Z - - date=2026-11-20 time=09:15:39 c-ip=10.0.0.1");
}

TEST(W3cTest, ShowsNamesThatAreNotText) {
  W3cColumns columns(/*keep_names=*/true);
  ASSERT_TRUE(columns.ReadDirective("#Fields: c-ip caf\xe9"));
  EXPECT_EQ(Fields(columns, "10.0.0.1 x"), "- - - c-ip=10.0.0.1 caf\xef\xbf\xbd=x");
}

TEST(W3cTest, ReadsRowsWithoutATime) {
  W3cColumns columns(/*keep_names=*/true);
  ASSERT_TRUE(columns.ReadDirective("#Fields: c-ip cs-uri"));
  EXPECT_EQ(Fields(columns, "10.0.0.1 /"), "- - - c-ip=10.0.0.1 cs-uri=/");
  EXPECT_EQ(Fields(columns, "10.0.0.1 / more"), "no row");
  EXPECT_EQ(Fields(columns, "10.0.0.1"), "no row");
}

TEST(W3cTest, LeavesRowsAloneThatDoNotFit) {
  W3cColumns columns;
  ASSERT_TRUE(columns.ReadDirective("#Fields: c-ip date time"));
  for (std::string_view text :
       {"", " ", "10.0.0.1", "10.0.0.1 2026-11-20", "10.0.0.1 2026-11-20 09:15", "10.0.0.1 2026-13-20 09:15:39",
        "10.0.0.1 - -", "10.0.0.1 2026-11-20 09:15:39Zebra", "10.0.0.1 2026-11-20 09:15:39.1234567891234567",
        "10.0.0.1 26-11-20 09:15:39", "{\"level\":\"info\"}"}) {
    EXPECT_EQ(Found(columns, text), "no row") << text;
  }
  EXPECT_EQ(Found(columns, "10.0.0.1 2026-11-20 09:15:39"), "2026-11-20T09:15:39Z - -");
}

TEST(W3cTest, TellsDirectivesFromOtherLines) {
  W3cColumns columns;
  for (std::string_view text : {"#Date: 2026-11-20 09:15:39", "#Remark: x", "#Start-Date: x", "#End-Date: x"}) {
    EXPECT_TRUE(columns.ReadDirective(text)) << text;
  }
  for (std::string_view text : {"", "#", "# a comment", "#fields: date time", "Fields: date time", " #Fields: date"}) {
    EXPECT_FALSE(columns.ReadDirective(text)) << text;
  }
  // More columns than anybody has: those behind the limit are not known.
  std::string many = "#Fields:";
  for (int i = 0; i < 1000; ++i) many += " x";
  EXPECT_TRUE(columns.ReadDirective(many + " date time"));
  EXPECT_EQ(Found(columns, "2026-11-20 09:15:39"), "no row");
}

}  // namespace
}  // namespace sluice::agent
