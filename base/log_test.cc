#include "base/log.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>
#include <unistd.h>

#include <cmath>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/strings.h"
#include "base/text.h"

namespace sluice::log {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

constexpr int64_t kTime = 1'795'166'139'123'456'789;  // 2026-11-20T09:15:39.123Z

std::string Text(Fields fields) { return FormatLine(Format::kText, Level::kInfo, kTime, "agent", "connected", fields); }
std::string Json(Fields fields) { return FormatLine(Format::kJson, Level::kInfo, kTime, "agent", "connected", fields); }

TEST(FormatLineTest, WritesTextAsDocumented) {
  EXPECT_EQ(Text({{"collector", "127.0.0.1:7070"}, {"files", 12}}),
            "2026-11-20T09:15:39.123Z INFO  agent: connected collector=127.0.0.1:7070 files=12");
}

TEST(FormatLineTest, WritesJsonAsDocumented) {
  EXPECT_EQ(Json({{"collector", "127.0.0.1:7070"}, {"files", 12}, {"tls", false}}),
            "{\"time\":\"2026-11-20T09:15:39.123Z\",\"level\":\"info\",\"component\":\"agent\",\"msg\":\"connected\","
            "\"collector\":\"127.0.0.1:7070\",\"files\":12,\"tls\":false}");
}

TEST(FormatLineTest, NamesEveryLevel) {
  const std::pair<Level, std::string> levels[] = {
      {Level::kDebug, "DEBUG"}, {Level::kInfo, "INFO "}, {Level::kWarn, "WARN "}, {Level::kError, "ERROR"}};
  for (const auto& [level, word] : levels) {
    EXPECT_EQ(FormatLine(Format::kText, level, 0, "c", "m", {}), "1970-01-01T00:00:00.000Z " + word + " c: m");
  }
  EXPECT_THAT(FormatLine(Format::kJson, Level::kWarn, 0, "c", "m", {}), HasSubstr("\"level\":\"warn\""));
}

struct ValueCase {
  std::string_view value;
  std::string_view text;
  std::string_view json;
};

using namespace std::string_view_literals;

const ValueCase kValueCases[] = {
    {"/var/log/app.log", "/var/log/app.log", R"("/var/log/app.log")"},
    {"", R"("")", R"("")"},
    {"two words", R"("two words")", R"("two words")"},
    {"a=b", R"("a=b")", R"("a=b")"},
    {"say \"hi\"", R"("say \"hi\"")", R"("say \"hi\"")"},
    {"back\\slash", R"(back\slash)", R"("back\\slash")"},
    {"back\\slash and space", R"("back\\slash and space")", R"("back\\slash and space")"},
    {"a\nb\rc\td", R"("a\nb\rc\td")", R"("a\u000ab\u000dc\u0009d")"},
    {"\x1b[31m", R"("\x1b[31m")", R"("\u001b[31m")"},
    {"\0"sv, R"("\x00")", R"("\u0000")"},
    {"\x7f", R"("\x7f")", R"("\u007f")"},
    {"\u009b", R"("\u009b")", R"("\u009b")"},
    {"\u202e", R"("\u202e")", R"("\u202e")"},
    {"ä€😀", "ä€😀", R"("ä€😀")"},
    {"\xff!", R"("\xff!")", "\"\ufffd!\""},
};

TEST(FormatLineTest, QuotesAndEscapesWhatComesFromOutside) {
  for (const ValueCase& c : kValueCases) {
    EXPECT_THAT(Text({{"v", c.value}}), EndsWith(StrCat(" v=", c.text)));
    EXPECT_THAT(Json({{"v", c.value}}), EndsWith(StrCat(",\"v\":", c.json, "}")));
  }
}

TEST(FormatLineTest, JsonIsAlwaysValid) {
  simdjson::dom::parser parser;
  for (int first = 0; first < 256; ++first) {
    const std::string value = {'x', static_cast<char>(first), '\x80', '"', '\\'};
    const std::string line = FormatLine(Format::kJson, Level::kError, kTime, value, value, {{value, value}});
    EXPECT_TRUE(IsValidUtf8(line));
    EXPECT_EQ(parser.parse(line).error(), simdjson::SUCCESS) << line;
  }
  for (const double number : {std::nan(""), HUGE_VAL, -HUGE_VAL, 1.5, -1e300}) {
    const std::string line = Json({{"n", number}});
    EXPECT_EQ(parser.parse(line).error(), simdjson::SUCCESS) << line;
  }
}

TEST(FormatLineTest, AMessageStaysOneLine) {
  EXPECT_THAT(FormatLine(Format::kText, Level::kInfo, 0, "c", "a\nb\x1b[2J", {}), EndsWith(" c: a\\nb\\x1b[2J"));
}

TEST(FieldTest, TakesStatusesAndNumbers) {
  EXPECT_THAT(Text({{"error", absl::NotFoundError("no such file")}}), EndsWith("error=\"NOT_FOUND: no such file\""));
  EXPECT_THAT(Text({{"a", uint64_t{18446744073709551615u}}, {"b", -1}, {"c", true}}),
              EndsWith("a=18446744073709551615 b=-1 c=true"));
}

// What the code inside writes to stderr.
class StderrTest : public ::testing::Test {
 protected:
  ~StderrTest() override { Configure(Format::kText, Level::kInfo); }
};

TEST_F(StderrTest, WritesTheLevelsThatWereAskedFor) {
  Configure(Format::kText, Level::kWarn);
  ::testing::internal::CaptureStderr();
  Debug("c", "one");
  Info("c", "two");
  Warn("c", "three", {{"n", 3}});
  Error("c", "four");
  EXPECT_THAT(::testing::internal::GetCapturedStderr(),
              MatchesRegex("[0-9:TZ.-]+ WARN  c: three n=3\n[0-9:TZ.-]+ ERROR c: four\n"));
}

TEST_F(StderrTest, WritesJsonWhenAskedTo) {
  Configure(Format::kJson, Level::kDebug);
  ::testing::internal::CaptureStderr();
  Debug("c", "one");
  EXPECT_THAT(::testing::internal::GetCapturedStderr(),
              MatchesRegex("\\{\"time\":\"[0-9:TZ.-]+\",\"level\":\"debug\",\"component\":\"c\",\"msg\":\"one\"\\}\n"));
}

TEST_F(StderrTest, LinesOfSeveralThreadsStayWhole) {
  ::testing::internal::CaptureStderr();
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([] {
      for (int i = 0; i < 250; ++i) Info("c", "m", {{"value", std::string(100, 'x')}});
    });
  }
  for (std::thread& thread : threads) thread.join();
  const std::string written = ::testing::internal::GetCapturedStderr();
  size_t lines = 0;
  for (size_t begin = 0; begin < written.size(); ++lines) {
    const size_t end = written.find('\n', begin);
    ASSERT_NE(end, std::string::npos);
    EXPECT_THAT(written.substr(begin, end - begin), MatchesRegex("[0-9:TZ.-]+ INFO  c: m value=x+"));
    begin = end + 1;
  }
  EXPECT_EQ(lines, 1000);
}

}  // namespace
}  // namespace sluice::log
