#include "agent/parse/auto_parser.h"

#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "agent/parse/show.h"
#include "gtest/gtest.h"

namespace sluice::agent {
namespace {

std::string Found(LineParser* parser, std::string_view text) {
  ParsedLine line;
  parser->Parse(text, kTestNow, &line);
  return Show(line);
}

TEST(AutoParserTest, ReadsEveryFormatInOneFile) {
  struct Row {
    std::string_view text;
    std::string_view found;
  };
  constexpr Row kRows[] = {
      {R"({"time":"2026-11-20T09:15:39.123Z","level":"info","msg":"x"})", "2026-11-20T09:15:39.123Z INFO info"},
      {R"(level=info ts=2026-11-20T09:15:39.123Z msg="x y")", "2026-11-20T09:15:39.123Z INFO info"},
      {R"(127.0.0.1 - - [20/Nov/2026:09:15:39 +0000] "GET / HTTP/1.0" 200 2326)", "2026-11-20T09:15:39Z - -"},
      {R"(web-1.example - - [20/Nov/2026:09:15:39 +0000] "GET / HTTP/1.0" 200 2326)", "2026-11-20T09:15:39Z - -"},
      {"<34>Nov 20 09:15:39 host su: x", "2026-11-20T09:15:39Z FATAL <34>"},
      {"Nov 20 09:15:39 host su[1]: x [20/Nov/2026:09:15:38 +0000]", "2026-11-20T09:15:39Z - -"},
      {"I1120 09:15:39.123456       1 main.go:12] x", "2026-11-20T09:15:39.123456Z INFO I"},
      {"2026-11-20 09:15:39,123 ERROR [main] c.f.B - x", "2026-11-20T09:15:39.123Z ERROR ERROR"},
      {"{main} ERROR x", "- ERROR ERROR"},
      {"# Fields: date time", "- - -"},
      {"x", "- - -"},
      {"", "- - -"},
      {std::string_view("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 24), "- - -"},
  };
  AutoParser parser;
  for (const Row& row : kRows) EXPECT_EQ(Found(&parser, row.text), row.found) << row.text;
}

TEST(AutoParserTest, RemembersTheColumnsOfAW3cLog) {
  AutoParser parser;
  constexpr std::string_view kRow = "10.0.0.1 2026-11-20 09:15:39 GET /";
  EXPECT_EQ(Found(&parser, kRow), "2026-11-20T09:15:39Z - -") << "a time behind one word";
  EXPECT_EQ(Found(&parser, "10.0.0.1 GET 2026-11-20 09:15:39"), "- - -");
  EXPECT_EQ(Found(&parser, "#Fields: c-ip cs-method date time"), "- - -");
  EXPECT_EQ(Found(&parser, "10.0.0.1 GET 2026-11-20 09:15:39"), "2026-11-20T09:15:39Z - -");
  EXPECT_EQ(Found(&parser, "2026-11-20 09:15:39 ERROR no row"), "2026-11-20T09:15:39Z ERROR ERROR");
}

TEST(AutoParserTest, OverwritesWhatTheLastLineLeft) {
  AutoParser parser;
  ParsedLine line;
  line.AddField("a", "b");
  parser.Parse(R"({"time":"2026-11-20T09:15:39.123Z","level":"info"})", kTestNow, &line);
  parser.Parse("nothing", kTestNow, &line);
  EXPECT_EQ(Show(line), "- - -");
}

// Lines of all formats, with damages.
class LineGenerator {
 public:
  explicit LineGenerator(uint32_t seed) : random_(seed) {}

  std::string Next() {
    constexpr const char* kTemplates[] = {
        R"({"time":"@T@Z","level":"@l","msg":"@m"})",
        R"({"msg":"@m","a":{"level":"x"},"severity":"@L","ts":17951661@n@n.@n})",
        "level=@l ts=@TZ msg=\"@m\"",
        "10.0.0.@n - - [@n/Nov/2026:09:@n:39 +0000] \"GET / HTTP/1.1\" 200 @n",
        "<@n>Nov @n 09:15:@n host app[@n]: @m",
        "Nov @n 09:@n:39 host app[@n]: @l: @m",
        "I11@n 09:15:@n.123456 @n main.go:@n] @m",
        "@T,@n @L [thread-@n] @m",
        "[@T] [@l] @m",
        "1:M @n Nov 2026 09:15:@n.123 * @m",
        "@L: @m",
        "@TZ stderr F {\"level\":\"@l\"}",
        "@m",
    };
    std::string line = kTemplates[random_() % std::size(kTemplates)];
    for (size_t at = line.find('@'); at != line.npos; at = line.find('@', at + 1)) {
      if (at + 1 < line.size()) line.replace(at, 2, Filled(line[at + 1]));
    }
    while (random_() % 3 == 0 && !line.empty()) line[random_() % line.size()] = static_cast<char>(random_());
    return line;
  }

 private:
  std::string Filled(char what) {
    constexpr const char* kLevels[] = {"info", "error", "warning", "debug"};
    constexpr const char* kCapitals[] = {"INFO", "ERROR", "WARNING", "D"};
    constexpr const char* kMessages[] = {"no error occurred", "", "\\\"x\\\"", "a=b level=error",
                                         "2026-11-20 09:15:39"};
    constexpr const char* kTimes[] = {"2026-11-20T09:15:39.12", "2026-11-20 09:15:3", "2026/11/20 09:16:39"};
    switch (what) {
      case 'l':
        return kLevels[random_() % std::size(kLevels)];
      case 'L':
        return kCapitals[random_() % std::size(kCapitals)];
      case 'm':
        return kMessages[random_() % std::size(kMessages)];
      case 'T':
        return kTimes[random_() % std::size(kTimes)];
      default:
        return std::to_string(10 + random_() % 20);
    }
  }

  std::mt19937 random_;
};

// What a parser has learned from other lines makes it fast, never different.
TEST(AutoParserTest, ALineMeansTheSameWhateverStoodBefore) {
  LineGenerator generator(20261120);
  AutoParser old;
  for (int i = 0; i < 200'000; ++i) {
    const std::string line = generator.Next();
    AutoParser fresh;
    ASSERT_EQ(Found(&old, line), Found(&fresh, line)) << line;
  }
}

}  // namespace
}  // namespace sluice::agent
