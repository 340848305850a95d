#include "consumer/cli/json_text.h"

#include "gtest/gtest.h"

namespace sluice::cli {
namespace {

std::string Json(std::string_view text) {
  std::string out;
  AppendJsonString(text, &out);
  return out;
}

TEST(JsonTextTest, EscapesWhatJsonAndTerminalsMustNotSee) {
  const struct {
    std::string text;
    std::string json;
  } kCases[] = {
      {"", R"("")"},
      {"plain", R"("plain")"},
      {R"(say "hi" \ bye)", R"("say \"hi\" \\ bye")"},
      {"a\tb\rc\nd", R"("a\tb\rc\nd")"},
      {std::string("\0\x01\x1b[31m", 7), R"("\u0000\u0001\u001b[31m")"},
      {"\x7f", R"("\u007f")"},
      {"\u0085\u009b31m", R"("\u0085\u009b31m")"},
      {"\u00a9\u00bf", "\"\u00a9\u00bf\""},                 // the neighbours of C1
      {"\u202egnp.exe\u2066", R"("\u202egnp.exe\u2066")"},  // bidirectional overrides
      {"\u2028\u2029", R"("\u2028\u2029")"},
      {"\u20ac \u2013 \u26a0", "\"\u20ac \u2013 \u26a0\""},
      {"caf\u00e9 \u4e3c \U0001f600", "\"caf\u00e9 \u4e3c \U0001f600\""},
  };
  for (const auto& c : kCases) EXPECT_EQ(Json(c.text), c.json);
}

TEST(JsonTextTest, TimesHaveNineDigits) {
  JsonTime time;
  std::string out;
  time.Append(1'700'000'000'123'456'789, &out);
  time.Append(1'700'000'000'000'000'001, &out);
  time.Append(0, &out);
  time.Append(UINT64_MAX, &out);
  EXPECT_EQ(out, R"("2023-11-14T22:13:20.123456789Z""2023-11-14T22:13:20.000000001Z""1970-01-01T00:00:00.000000000Z")"
                 R"("2554-07-21T23:34:33.709551615Z")");
}

}  // namespace
}  // namespace sluice::cli
