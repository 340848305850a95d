#include "agent/parse/field.h"

#include <string>
#include <string_view>

#include "agent/parse/show.h"
#include "gtest/gtest.h"

namespace sluice::agent {
namespace {

TEST(FieldTest, KnowsTheNamesInAnyCase) {
  for (std::string_view name :
       {"time", "timestamp", "ts", "@timestamp", "datetime", "date", "eventTime", "event_time", "t", "@t", "asctime",
        "timeMillis", "time_local", "time_iso8601", "timeUnixNano", "time_unix_nano", "__REALTIME_TIMESTAMP", "Time"}) {
    EXPECT_EQ(MeaningOf(name), FieldMeaning::kTime) << name;
  }
  for (std::string_view name :
       {"level", "severity", "lvl", "log.level", "log_level", "loglevel", "LogLevel", "levelname", "level_name",
        "severity_text", "severityText", "SeverityText", "@level", "@l", "PRIORITY", "LEVEL", "Level"}) {
    EXPECT_EQ(MeaningOf(name), FieldMeaning::kSeverity) << name;
  }
  for (std::string_view name : {"severityNumber", "SeverityNumber", "severity_number"}) {
    EXPECT_EQ(MeaningOf(name), FieldMeaning::kSeverityNumber) << name;
  }
}

TEST(FieldTest, KnowsNoOtherNames) {
  for (std::string_view name : {"",
                                "msg",
                                "message",
                                "levels",
                                "leve",
                                "xlevel",
                                "time ",
                                " time",
                                "times",
                                "tim",
                                "log-level",
                                "log\x0elevel",
                                "`level",
                                "level\x7fname",
                                "severity_tex",
                                "l",
                                "d",
                                "tz",
                                "s",
                                "a.very.long.name.that.nobody.knows"}) {
    EXPECT_EQ(MeaningOf(name), FieldMeaning::kNone) << name;
  }
}

std::string Taken(FieldMeaning meaning, std::string_view value) {
  TimeReader times;
  ParsedLine line;
  TakeField(meaning, value, &times, &line);
  return Show(line);
}

TEST(FieldTest, TakesWordsAndNumbersForSeverities) {
  struct Row {
    std::string_view value;
    std::string_view found;
  };
  constexpr Row kRows[] = {
      {"info", "- INFO info"},
      {"WARNING", "- WARN WARNING"},
      {"E", "- ERROR E"},
      {"10", "- TRACE 10"},  // bunyan, pino
      {"20", "- DEBUG 20"},
      {"30", "- INFO 30"},
      {"40", "- WARN 40"},
      {"50", "- ERROR 50"},
      {"60", "- FATAL 60"},
      {"0", "- FATAL 0"},  // syslog, as journald and GELF write it
      {"3", "- ERROR 3"},
      {"4", "- WARN 4"},
      {"6", "- INFO 6"},
      {"7", "- DEBUG 7"},
      {"audit", "- - audit"},  // nobody knows it, but it is the line's own word
      {"8", "- - 8"},
      {"", "- - -"},
      {"a text too long to be the name of a level", "- - -"},
      {"w\xc3\xa4rn", "- - -"},
      {"\x1b[31merror", "- - -"},
  };
  for (const Row& row : kRows) EXPECT_EQ(Taken(FieldMeaning::kSeverity, row.value), row.found) << row.value;
  EXPECT_EQ(Taken(FieldMeaning::kSeverityNumber, "9"), "- INFO 9");
  EXPECT_EQ(Taken(FieldMeaning::kSeverityNumber, "24"), "- FATAL 24");
  EXPECT_EQ(Taken(FieldMeaning::kSeverityNumber, "25"), "- - 25");
  EXPECT_EQ(Taken(FieldMeaning::kTime, "2026-11-20T09:15:39Z"), "2026-11-20T09:15:39Z - -");
  EXPECT_EQ(Taken(FieldMeaning::kTime, "2026-11-20T09:15:39Z and more"), "- - -");
  EXPECT_EQ(Taken(FieldMeaning::kNone, "info"), "- - -");
}

TEST(FieldTest, ResolvesEscapes) {
  const auto taken = [](FieldMeaning meaning, std::string_view raw, Escapes escapes = Escapes::kJson) {
    TimeReader times;
    ParsedLine line;
    TakeStringField(meaning, raw, escapes, &times, &line);
    return Show(line);
  };
  EXPECT_EQ(taken(FieldMeaning::kSeverity, "warn"), "- WARN warn");
  EXPECT_EQ(taken(FieldMeaning::kSeverity, R"(w\u0061rn)"), "- WARN warn");
  EXPECT_EQ(taken(FieldMeaning::kSeverity, R"(\u0033)"), "- ERROR 3");
  EXPECT_EQ(taken(FieldMeaning::kSeverity, R"(\u0)"), "- - -");
  EXPECT_EQ(taken(FieldMeaning::kSeverity, R"(\u0)", Escapes::kAny), R"(- - \u0)");
  EXPECT_EQ(taken(FieldMeaning::kSeverity, R"(a\tb)"), "- - -") << "not printable";
  EXPECT_EQ(taken(FieldMeaning::kSeverity, std::string(300, 'x') + R"(\n)"), "- - -");
  EXPECT_EQ(taken(FieldMeaning::kNone, R"(w\u0061rn)"), "- - -");
  EXPECT_EQ(taken(FieldMeaning::kTime, R"(2026-03-04T05:06:07\u002b01:00)"), "2026-03-04T04:06:07Z - -");
}

TEST(FieldTest, TheFirstUsableValueCounts) {
  TimeReader times;
  ParsedLine line;
  TakeField(FieldMeaning::kSeverity, "audit", &times, &line);
  TakeField(FieldMeaning::kSeverity, "custom", &times, &line);
  EXPECT_EQ(Show(line), "- - audit");
  TakeField(FieldMeaning::kSeverity, "warn", &times, &line);
  TakeField(FieldMeaning::kSeverity, "error", &times, &line);
  TakeField(FieldMeaning::kTime, "yesterday", &times, &line);
  TakeField(FieldMeaning::kTime, "1795166139", &times, &line);
  TakeField(FieldMeaning::kTime, "1795166140", &times, &line);
  EXPECT_EQ(Show(line), "2026-11-20T09:15:39Z WARN warn");
}

}  // namespace
}  // namespace sluice::agent
