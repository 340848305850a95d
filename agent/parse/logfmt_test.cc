#include "agent/parse/logfmt.h"

#include <string>
#include <string_view>

#include "agent/parse/show.h"
#include "gtest/gtest.h"

namespace sluice::agent {
namespace {

TEST(LogfmtTest, FindsTimeAndSeverity) {
  struct Row {
    std::string_view text;
    std::string_view found;
  };
  constexpr Row kRows[] = {
      {R"(level=info ts=2026-11-20T09:15:39.123Z msg="x y")", "2026-11-20T09:15:39.123Z INFO info"},
      {R"(time="2026-11-20T09:15:39Z" level=warning msg="done")", "2026-11-20T09:15:39Z WARN warning"},
      {R"(ts=1795166139.5 caller=main.go:12 lvl=audit severity=err)", "2026-11-20T09:15:39.5Z ERROR err"},
      {R"(time=2026-11-20 09:15:39 level="error")", "2026-11-20T09:15:39Z ERROR error"},
      {R"(t=2026-11-20T09:15:39+0000 lvl=dbug msg=x)", "2026-11-20T09:15:39Z DEBUG dbug"},
      {R"(msg="level=error \" level=error" level=info)", "- INFO info"},
      {R"(a= level=info)", "- INFO info"},
      {R"(a word, then level=info)", "- INFO info"},
      {R"(  level=info  )", "- INFO info"},
      {R"(mylevel=error)", "- - -"},
      {R"(level)", "- - -"},
      {R"(level=)", "- - -"},
      {R"(level="unclosed)", "- - unclosed"},
      {R"(level="warn\u0069ng" time="2026\/03\/04 05:06:07\x5a")", "2026-03-04T05:06:07Z WARN warning"},
      {R"(level=w\u0061rn)", R"(- - w\u0061rn)"},
      {R"(level = error)", "- - -"},
      {R"(=info)", "- - -"},
      {"", "- - -"},
      {R"(type=SYSCALL msg=audit(1795166139.243:24287): arch=c000003e)", "2026-11-20T09:15:39.243Z - -"},
      {R"(xmsg=audit(1795166139.243:24287): arch=c000003e)", "- - -"},
  };
  for (const Row& row : kRows) {
    TimeReader times;
    ParsedLine line;
    ParseLogfmt(row.text, &times, &line);
    EXPECT_EQ(Show(line), row.found) << row.text;
  }
}

std::string Fields(std::string_view text, const FieldSelection& fields) {
  TimeReader times;
  ParsedLine line;
  const bool any = ParseLogfmtFields(text, fields, &times, &line);
  return any ? Show(line) : "no pair";
}

TEST(LogfmtTest, GivesPairsAsAttributes) {
  const FieldSelection all = FieldSelection::All();
  EXPECT_EQ(Fields(R"(level=info ts=2026-11-20T09:15:39Z msg="x y" took=3ms empty= quoted="")", all),
            "2026-11-20T09:15:39Z INFO info level=info ts=2026-11-20T09:15:39Z msg=x y took=3ms empty= quoted=");
  EXPECT_EQ(Fields(R"(msg="a \"b\" \\ \t\x41\u00e9\q" path=C:\new)", all),
            "- - - msg=a \"b\" \\ \tA\xc3\xa9\\q path=C:\\new")
      << "escapes are resolved between quotation marks only; unknown ones stay";
  EXPECT_EQ(Fields("time=2026-11-20 09:15:39.5 level=error", all),
            "2026-11-20T09:15:39.5Z ERROR error time=2026-11-20 09:15:39.5 level=error")
      << "a time may have a blank";
  EXPECT_EQ(Fields("a=1 b=2 a=3", all), "- - - a=1 b=2") << "the first one counts";
  EXPECT_EQ(Fields("some words then a=1 and others", all), "- - - a=1");
  EXPECT_EQ(Fields("a=\"never closed b=1", all), "- - - a=never closed b=1");
  EXPECT_EQ(Fields("a=1 b=2 c=3 level=warn", *FieldSelection::Named({"b", "level"})), "- WARN warn b=2 level=warn");
  EXPECT_EQ(Fields("a=1 level=warn", FieldSelection::None()), "- WARN warn");
  for (std::string_view text : {"", "no pair at all", "=x", " "}) EXPECT_EQ(Fields(text, all), "no pair") << text;
}

TEST(LogfmtTest, KnowsAPairByItsName) {
  for (std::string_view text : {"a=b", "level=", "log.level=info x", "@t=1", "_x=1", "a-b/c=1"}) {
    EXPECT_TRUE(BeginsWithPair(text)) << text;
  }
  for (std::string_view text : {"", "=", "a", "a b=c", "1=2", " a=b", "a:b=c", "\"a\"=b", "-a=b"}) {
    EXPECT_FALSE(BeginsWithPair(text)) << text;
  }
  EXPECT_FALSE(BeginsWithPair(std::string(1000, 'a') + "=b"));
}

}  // namespace
}  // namespace sluice::agent
