#include "agent/parse/json_text.h"

#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "gtest/gtest.h"

namespace sluice::agent {
namespace {

std::string Unescaped(std::string_view text, Escapes escapes) {
  std::vector<char> out(text.size());  // not a byte more than is promised to be enough
  const ptrdiff_t size = Unescape(text, escapes, out.data());
  if (size < 0) return "malformed";
  const std::string result(out.data(), static_cast<size_t>(size));
  EXPECT_TRUE(IsValidUtf8(result)) << text;
  return result;
}

struct Row {
  std::string_view text;
  std::string_view json;
  std::string_view any;
};

TEST(JsonTextTest, ResolvesEscapes) {
  using namespace std::string_view_literals;
  const Row rows[] = {
      {"", "", ""},
      {"plain", "plain", "plain"},
      {R"(a\"b\\c\/d\n\t\r\b\f)", "a\"b\\c/d\n\t\r\b\f", "a\"b\\c/d\n\t\r\b\f"},
      {R"(\u0041\u00e9\u20ac)", "A\xc3\xa9\xe2\x82\xac", "A\xc3\xa9\xe2\x82\xac"},
      {R"(\ud83d\ude00)", "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"},
      {R"(\uD83D\uDE00)", "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"},
      {R"(\u0000)", "\0"sv, "\0"sv},
      // Half of a pair.
      {R"(\ud83d)", "\xef\xbf\xbd", "\xef\xbf\xbd"},
      {R"(\ud83dx)", "\xef\xbf\xbdx", "\xef\xbf\xbdx"},
      {R"(\ude00)", "\xef\xbf\xbd", "\xef\xbf\xbd"},
      {R"(\ud83d\u0041)", "\xef\xbf\xbd\x41", "\xef\xbf\xbd\x41"},
      {R"(\ud83d\ud83d\ude00)", "\xef\xbf\xbd\xf0\x9f\x98\x80", "\xef\xbf\xbd\xf0\x9f\x98\x80"},
      // Malformed in JSON.
      {R"(\)", "malformed", R"(\)"},
      {R"(\q)", "malformed", R"(\q)"},
      {R"(\u12)", "malformed", R"(\u12)"},
      {R"(\u12g4)", "malformed", R"(\u12g4)"},
      {R"(\ud83d\u12)", "malformed", "\xef\xbf\xbd\\u12"},
      {R"(\x41\xe9\xg)", "malformed", "A\xef\xbf\xbd\\xg"},
      {R"(\a\v\')", "malformed", "\a\v'"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(Unescaped(row.text, Escapes::kJson), row.json) << row.text;
    EXPECT_EQ(Unescaped(row.text, Escapes::kAny), row.any) << row.text;
  }
}

TEST(JsonTextTest, KnowsNumbersAndWords) {
  for (std::string_view text : {"0", "-0", "1", "-12", "10", "0.5", "1.25e10", "1E+5", "2e-3", "true", "false",
                                "123456789012345678901234567890", "1e999"}) {
    EXPECT_TRUE(IsJsonScalar(text)) << text;
  }
  for (std::string_view text : {"",    "-",    "+1",     "01",   "-01",  "1.",  ".5",  "1e",    "1e+", "1x", "0x10",
                                "nan", "True", "truest", "fals", "null", "1 2", "--1", "1.2.3", "t",   "f"}) {
    EXPECT_FALSE(IsJsonScalar(text)) << text;
  }
}

TEST(JsonTextTest, TakesTheSpaceOutBetweenTokensOnly) {
  const auto compact = [](std::string_view json) {
    std::vector<char> out(json.size());
    return std::string(out.data(), CompactJson(json, out.data()));
  };
  EXPECT_FALSE(HasJsonSpace(R"([1,"a b \" c",{"x":[]}])"));
  EXPECT_TRUE(HasJsonSpace("[1, 2]"));
  EXPECT_TRUE(HasJsonSpace(R"(["\\" ])"));
  EXPECT_EQ(compact("[ 1,\t\"a b \\\" c\" , { \"x\" : [ ] } ]"), R"([1,"a b \" c",{"x":[]}])");
  EXPECT_EQ(compact(R"(["\\" , 1])"), R"(["\\",1])");
  EXPECT_EQ(compact(R"("never closed \)"), R"("never closed \)");
}

}  // namespace
}  // namespace sluice::agent
