#include "agent/parse/parser_factory.h"

#include <memory>
#include <string>
#include <string_view>

#include "agent/parse/show.h"
#include "gtest/gtest.h"

namespace sluice::agent {
namespace {

std::string Found(ParserKind kind, const std::string& regex, std::string_view text) {
  const std::unique_ptr<LineParser> parser = ParserFactory::Create(kind, regex)->NewParser();
  ParsedLine line;
  parser->Parse(text, kTestNow, &line);
  return Show(line);
}

TEST(ParserFactoryTest, EachKindReadsItsOwnFormatOnly) {
  constexpr std::string_view kJson = R"({"level":"info"})";
  constexpr std::string_view kLogfmt = "level=info";
  constexpr std::string_view kAccess = R"(10.0.0.1 - - [20/Nov/2026:09:15:39 +0000] "GET / HTTP/1.0" 200 1)";
  constexpr std::string_view kPlain = "INFO: x";
  struct Row {
    ParserKind kind;
    std::string_view json, logfmt, access, plain;
  };
  constexpr std::string_view kInfo = "- INFO info";
  constexpr std::string_view kNone = "- - -";
  constexpr std::string_view kTime = "2026-11-20T09:15:39Z - -";
  constexpr Row kRows[] = {
      {ParserKind::kAuto, kInfo, kInfo, kTime, "- INFO INFO"},  {ParserKind::kJson, kInfo, kNone, kNone, kNone},
      {ParserKind::kLogfmt, kNone, kInfo, kNone, kNone},        {ParserKind::kW3c, kNone, kNone, kTime, kNone},
      {ParserKind::kPlain, kInfo, kInfo, kTime, "- INFO INFO"},  // a message may be JSON or logfmt
  };
  for (const Row& row : kRows) {
    EXPECT_EQ(Found(row.kind, "", kJson), row.json);
    EXPECT_EQ(Found(row.kind, "", kLogfmt), row.logfmt);
    EXPECT_EQ(Found(row.kind, "", kAccess), row.access);
    EXPECT_EQ(Found(row.kind, "", kPlain), row.plain);
  }
  EXPECT_EQ(Found(ParserKind::kRegex, "level is (?P<level>\\w+)", "the level is info"), "- INFO info level=info");
}

TEST(ParserFactoryTest, W3cReadsTheColumnsOfItsFile) {
  const std::unique_ptr<LineParser> parser = ParserFactory::Create(ParserKind::kW3c, "")->NewParser();
  ParsedLine line;
  parser->Parse("#Fields: date time cs-uri", kTestNow, &line);
  EXPECT_EQ(Show(line), "- - -");
  parser->Parse("2026-11-20 09:15:39 /", kTestNow, &line);
  EXPECT_EQ(Show(line), "2026-11-20T09:15:39Z - -");
}

TEST(ParserFactoryTest, NamesTheKinds) {
  EXPECT_EQ(*ParserKindFromText("auto"), ParserKind::kAuto);
  EXPECT_EQ(*ParserKindFromText("json"), ParserKind::kJson);
  EXPECT_EQ(*ParserKindFromText("logfmt"), ParserKind::kLogfmt);
  EXPECT_EQ(*ParserKindFromText("w3c"), ParserKind::kW3c);
  EXPECT_EQ(*ParserKindFromText("plain"), ParserKind::kPlain);
  EXPECT_EQ(*ParserKindFromText("regex"), ParserKind::kRegex);
  EXPECT_EQ(ParserKindFromText("xml").status().ToString(),
            "INVALID_ARGUMENT: found parser 'xml'; allowed are auto, json, logfmt, w3c, plain, regex");
}

TEST(ParserFactoryTest, SaysWhatIsWrongWithTheOptions) {
  EXPECT_EQ(ParserFactory::Create(ParserKind::kRegex, "").status().ToString(),
            "INVALID_ARGUMENT: parser: regex needs an expression in the key regex");
  EXPECT_EQ(ParserFactory::Create(ParserKind::kJson, "(?P<a>x)").status().ToString(),
            "INVALID_ARGUMENT: a regex is given, but the parser is another; set parser: regex or leave it out");
  EXPECT_EQ(ParserFactory::Create(ParserKind::kRegex, "(").status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace sluice::agent
