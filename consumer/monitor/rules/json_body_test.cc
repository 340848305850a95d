#include "consumer/monitor/rules/json_body.h"

#include <string>
#include <string_view>

#include "gtest/gtest.h"

namespace sluice::monitor {
namespace {

std::string FieldOf(std::string_view line, std::string_view name) {
  JsonBody body;
  body.Set(line);
  return std::string(body.Find(name).value_or("(none)"));
}

TEST(JsonBodyTest, SaysValuesAsTheAgentDoes) {
  constexpr std::string_view kLine =
      R"({"msg":"a \"b\" \u00e9","n": 12.50 ,"big":123456789012345678901234567890,"yes":true,"nothing":null,)"
      R"("http":{"status":503,"request":{"path":"/x"}},"list": [1, 2 ],"http.direct":"d", "e":-1e3})";
  const std::pair<std::string_view, std::string_view> kExpected[] = {
      {"msg", "a \"b\" \xc3\xa9"},
      {"n", "12.50"},
      {"big", "123456789012345678901234567890"},
      {"yes", "true"},
      {"nothing", "(none)"},
      {"http.status", "503"},
      {"http.request.path", "/x"},
      {"http.direct", "d"},
      {"http.request", R"({"path":"/x"})"},
      {"list", "[1,2]"},
      {"e", "-1e3"},
      {"http.nothing", "(none)"},
      {"m", "(none)"},
      {"", "(none)"},
  };
  JsonBody body;  // one for all: the second field of a line is as the first
  body.Set(kLine);
  for (const auto& [name, value] : kExpected) {
    EXPECT_EQ(body.Find(name).value_or("(none)"), value) << name;
    EXPECT_EQ(FieldOf(kLine, name), value) << name;
  }
}

TEST(JsonBodyTest, OfANameThatComesTwiceTheLastValueCounts) {
  EXPECT_EQ(FieldOf(R"({"a":1,"a":2})", "a"), "2");
  EXPECT_EQ(FieldOf(R"({"a":{"b":1},"a.b":2})", "a.b"), "2");
}

TEST(JsonBodyTest, FindsNothingInWhatIsNoObject) {
  const std::string deep = [] {
    std::string text;
    for (int i = 0; i < 12; ++i) text += R"({"a":)";
    text += "1";
    return text.append(12, '}');
  }();
  for (const std::string_view line : {"", "a", "[1]", "\"a\"", "{", R"({"a")", R"({"a":)", R"({"a":1)", R"({"a":1,)",
                                      R"({"b":tru,"a":1)", R"({a:1})", "{\"a\":\"\xff\"}", R"({"a":"\q"})"}) {
    EXPECT_EQ(FieldOf(line, "a"), "(none)") << line;
  }
  EXPECT_EQ(FieldOf(deep, "a.a.a.a.a.a.a.a.a.a.a.a"), "(none)");
}

TEST(JsonBodyTest, ForgetsTheLineBefore) {
  JsonBody body;
  body.Set(R"({"a":1})");
  EXPECT_EQ(body.Find("a"), "1");
  body.Set("plain");
  EXPECT_EQ(body.Find("a"), std::nullopt);
  body.Set(R"({"a":"longer than before, so that the buffer has to grow for it, and then some"})");
  EXPECT_EQ(body.Find("b"), std::nullopt);
  EXPECT_EQ(body.Find("a"), "longer than before, so that the buffer has to grow for it, and then some");
}

}  // namespace
}  // namespace sluice::monitor
