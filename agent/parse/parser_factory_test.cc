#include "agent/parse/parser_factory.h"

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "agent/parse/show.h"
#include "gtest/gtest.h"

namespace sluice::agent {
namespace {

std::string Found(const ParserOptions& options, std::string_view text) {
  const absl::StatusOr<ParserFactory> factory = ParserFactory::Create(options);
  if (!factory.ok()) return factory.status().ToString();
  const std::unique_ptr<LineParser> parser = factory->NewParser();
  ParsedLine line;
  parser->Parse(text, kTestNow, &line);
  return Show(line);
}

constexpr std::string_view kJson = R"({"level":"info"})";
constexpr std::string_view kLogfmt = "level=info";
constexpr std::string_view kAccess = R"(10.0.0.1 - - [20/Nov/2026:09:15:39 +0000] "GET / HTTP/1.0" 200 1)";
constexpr std::string_view kSyslog = "<11>Nov 20 09:15:39 web-1 app[7]: x";
constexpr std::string_view kKlog = "W1120 09:15:39.5 7 a.go:1] x";
constexpr std::string_view kPlain = "INFO: x";

TEST(ParserFactoryTest, AutoAndPlainFindTimeAndSeverityOfAnyFormat) {
  for (ParserKind kind : {ParserKind::kAuto, ParserKind::kPlain}) {
    EXPECT_EQ(Found({.kind = kind}, kJson), "- INFO info");
    EXPECT_EQ(Found({.kind = kind}, kLogfmt), "- INFO info");
    EXPECT_EQ(Found({.kind = kind}, kAccess), "2026-11-20T09:15:39Z - -");
    EXPECT_EQ(Found({.kind = kind}, kSyslog), "2026-11-20T09:15:39Z ERROR <11>");
    EXPECT_EQ(Found({.kind = kind}, kKlog), "2026-11-20T09:15:39.5Z WARN W");
    EXPECT_EQ(Found({.kind = kind}, kPlain), "- INFO INFO");
  }
}

struct Format {
  ParserKind kind;
  std::string_view line;
  std::string_view found;
  std::string_view error;  // of a line that is of no format
};
constexpr Format kFormats[] = {
    {ParserKind::kJson, kJson, "- INFO info level=info", "no JSON object"},
    {ParserKind::kLogfmt, kLogfmt, "- INFO info level=info", "no name=value pair"},
    {ParserKind::kW3c, kAccess,
     "2026-11-20T09:15:39Z - - remote_addr=10.0.0.1 method=GET path=/ protocol=HTTP/1.0 status=200 bytes=1",
     "no access log line, and no row of the columns that #Fields names"},
    {ParserKind::kSyslog, kSyslog, "2026-11-20T09:15:39Z ERROR <11> facility=user hostname=web-1 appname=app procid=7",
     "no syslog header"},
    {ParserKind::kKlog, kKlog, "2026-11-20T09:15:39.5Z WARN W thread_id=7 file=a.go line=1", "no klog header"},
};

TEST(ParserFactoryTest, ANamedFormatGivesItsFields) {
  for (const Format& format : kFormats) {
    EXPECT_EQ(Found({.kind = format.kind}, format.line), format.found);
    EXPECT_EQ(Found({.kind = format.kind, .fields = FieldSelection::None()}, format.line),
              format.found.substr(0, format.found.find(' ', format.found.find(' ', format.found.find(' ') + 1) + 1)));
    EXPECT_EQ(Found({.kind = format.kind}, ""), "- - -") << "an empty line is of every format";
  }
  EXPECT_EQ(Found({.kind = ParserKind::kRegex, .regex = "is (?P<level>\\w+)"}, "level is info"),
            "- INFO info level=info");
}

TEST(ParserFactoryTest, WhatIsNotOfTheNamedFormatIsPlainTextAndSaysSo) {
  for (const Format& format : kFormats) {
    EXPECT_EQ(Found({.kind = format.kind}, kPlain), "- INFO INFO parse_error=" + std::string(format.error));
    for (const FieldSelection& fields : {FieldSelection::None(), *FieldSelection::Named({"level"})}) {
      EXPECT_EQ(Found({.kind = format.kind, .fields = fields}, kPlain),
                "- INFO INFO parse_error=" + std::string(format.error));
    }
  }
  EXPECT_EQ(Found({.kind = ParserKind::kRegex, .regex = "(?P<a>y)"}, kPlain),
            "- INFO INFO parse_error=no match of the pattern");
  EXPECT_EQ(Found({.kind = ParserKind::kJson}, R"({"time":"2026-11-20T09:15:39Z","level":"info","msg":"cut)"),
            "2026-11-20T09:15:39Z INFO info parse_error=unfinished JSON")
      << "its beginning still tells";
}

TEST(ParserFactoryTest, AutoGivesTheFieldsOfTheFormatThatItRecognises) {
  for (const Format& format : kFormats) {
    EXPECT_EQ(Found({.fields = FieldSelection::All()}, format.line), format.found);
  }
  EXPECT_EQ(Found({.fields = FieldSelection::All()}, kPlain), "- INFO INFO");
  EXPECT_EQ(Found({.fields = FieldSelection::All()}, R"({"level":"info","a":"cut)"), "- INFO info");
  EXPECT_EQ(Found({.fields = *FieldSelection::Named({"status", "appname"})}, kAccess),
            "2026-11-20T09:15:39Z - - status=200");
  EXPECT_EQ(Found({.severity_from_status = true}, kAccess), "2026-11-20T09:15:39Z INFO 200");
}

TEST(ParserFactoryTest, W3cReadsTheColumnsOfItsFile) {
  for (ParserKind kind : {ParserKind::kW3c, ParserKind::kAuto}) {
    ParserOptions options = {.kind = kind, .severity_from_status = true};
    const std::unique_ptr<LineParser> parser = ParserFactory::Create(options)->NewParser();
    ParsedLine line;
    parser->Parse("#Fields: date time cs-uri sc-status", kTestNow, &line);
    EXPECT_EQ(Show(line), "- - -") << "a directive is no error";
    parser->Parse("2026-11-20 09:15:39 / 404", kTestNow, &line);
    EXPECT_EQ(line.severity, v1::SEVERITY_WARN);
    EXPECT_EQ(ShowTime(line.time_unix_nano), "2026-11-20T09:15:39Z");
    EXPECT_EQ(line.attributes().size(), kind == ParserKind::kW3c ? 4 : 0);
  }
}

TEST(ParserFactoryTest, EveryParserReadsTimesInTheSourcesZone) {
  constexpr std::pair<ParserKind, std::string_view> kRows[] = {
      {ParserKind::kAuto, "2026-07-20 09:15:39 ERROR x"},
      {ParserKind::kAuto, R"({"time":"2026-07-20 09:15:39"})"},
      {ParserKind::kJson, R"({"time":"2026-07-20 09:15:39"})"},
      {ParserKind::kLogfmt, "time=2026-07-20T09:15:39"},
      {ParserKind::kW3c, R"(10.0.0.1 - - [20/Jul/2026:09:15:39] "GET / HTTP/1.0" 200 1)"},
      {ParserKind::kSyslog, "<11>Jul 20 09:15:39 web-1 app[7]: x"},
      {ParserKind::kKlog, "W0720 09:15:39 7 a.go:1] x"},
      {ParserKind::kPlain, "Mon Jul 20 09:15:39 2026 x"},
      {ParserKind::kRegex, "at 2026-07-20 09:15:39"},
      {ParserKind::kJson, "2026-07-20 09:15:39 no JSON"},
  };
  for (const auto& [kind, line] : kRows) {
    ParserOptions options = {.kind = kind, .time_zone = "Europe/Berlin"};
    if (kind == ParserKind::kRegex) options.regex = "at (?P<time>.*)";
    EXPECT_TRUE(Found(options, line).starts_with("2026-07-20T07:15:39Z ")) << line << ": " << Found(options, line);
    if (kind == ParserKind::kAuto) options.fields = FieldSelection::All();
    EXPECT_TRUE(Found(options, line).starts_with("2026-07-20T07:15:39Z ")) << line << ": " << Found(options, line);
    options.time_zone = "UTC";
    EXPECT_TRUE(Found(options, line).starts_with("2026-07-20T09:15:39Z ")) << line << ": " << Found(options, line);
  }
}

TEST(ParserFactoryTest, NamesTheKinds) {
  EXPECT_EQ(*ParserKindFromText("auto"), ParserKind::kAuto);
  EXPECT_EQ(*ParserKindFromText("json"), ParserKind::kJson);
  EXPECT_EQ(*ParserKindFromText("logfmt"), ParserKind::kLogfmt);
  EXPECT_EQ(*ParserKindFromText("w3c"), ParserKind::kW3c);
  EXPECT_EQ(*ParserKindFromText("syslog"), ParserKind::kSyslog);
  EXPECT_EQ(*ParserKindFromText("klog"), ParserKind::kKlog);
  EXPECT_EQ(*ParserKindFromText("glog"), ParserKind::kKlog);
  EXPECT_EQ(*ParserKindFromText("plain"), ParserKind::kPlain);
  EXPECT_EQ(*ParserKindFromText("regex"), ParserKind::kRegex);
  EXPECT_EQ(
      ParserKindFromText("xml").status().ToString(),
      "INVALID_ARGUMENT: found parser 'xml'; allowed are auto, json, logfmt, w3c, syslog, klog, plain, regex, glog");
}

TEST(ParserFactoryTest, SaysWhatIsWrongWithTheOptions) {
  EXPECT_EQ(ParserFactory::Create({.kind = ParserKind::kRegex}).status().ToString(),
            "INVALID_ARGUMENT: parser: regex needs an expression in the key regex");
  EXPECT_EQ(ParserFactory::Create({.regex = "(?P<a>x)"}).status().ToString(),
            "INVALID_ARGUMENT: a regex is given, but the parser is another; set parser: regex or leave it out");
  EXPECT_EQ(ParserFactory::Create({.kind = ParserKind::kRegex, .regex = "("}).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ParserFactory::Create({.kind = ParserKind::kPlain, .fields = FieldSelection::All()}).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ParserFactory::Create({.time_zone = "Europe/Berlim"}).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ParserFactory::Create({.kind = ParserKind::kJson, .severity_from_status = true}).status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace sluice::agent
