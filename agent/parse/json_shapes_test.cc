// Each line is read with the shapes of those before it, and by itself: both give the same. That shapes are used at all
// is seen by what Read returns.
#include "agent/parse/json_shapes.h"

#include <string>
#include <string_view>
#include <vector>

#include "agent/parse/show.h"
#include "base/strings.h"
#include "gtest/gtest.h"

namespace sluice::agent {
namespace {

class JsonShapesTest : public ::testing::Test {
 protected:
  // What is found, or "unknown"; the line is learned then.
  std::string Fields(std::string_view text) {
    const std::vector<char> exact(text.begin(), text.end());  // ends where its memory ends
    line_.Clear();
    if (shapes_.ReadFields({exact.data(), exact.size()}, &times_, &line_)) return Show(line_);
    shapes_.Learn(text);
    return "unknown";
  }
  std::string Meanings(std::string_view text) {
    const std::vector<char> exact(text.begin(), text.end());
    line_.Clear();
    if (shapes_.ReadMeanings({exact.data(), exact.size()}, &times_, &line_)) return Show(line_);
    shapes_.Learn(text);
    return "unknown";
  }

  std::string Named(const std::vector<std::string>& names, std::string_view text) {
    const std::vector<char> exact(text.begin(), text.end());
    line_.Clear();
    if (shapes_.ReadNamedFields({exact.data(), exact.size()}, *FieldSelection::Named(names), &times_, &line_)) {
      return Show(line_);
    }
    shapes_.Learn(text);
    return "unknown";
  }

  JsonShapes shapes_;
  TimeReader times_;
  ParsedLine line_;
};

TEST_F(JsonShapesTest, KnowsAShapeOnceItWasSeen) {
  EXPECT_EQ(Fields(R"({"time":"2026-11-20T09:15:39Z","level":"info","n":1})"), "unknown");
  EXPECT_EQ(Fields(R"({"time":"2026-11-20T09:15:40Z","level":"error","n":22})"),
            "2026-11-20T09:15:40Z ERROR error time=2026-11-20T09:15:40Z level=error n=22");
}

TEST_F(JsonShapesTest, ReadsEveryKindOfValue) {
  const auto line = [](std::string_view text, std::string_view number, std::string_view array, std::string_view deep) {
    return StrCat(R"({ "s" : ")", text, R"(", "n":)", number, R"( ,"a":)", array, R"(,"o":{"e":{},"x":")", deep,
                  "\"}}");
  };
  EXPECT_EQ(Fields(line("a", "1", "[]", "y")), "unknown");
  EXPECT_EQ(Fields(line("a long text with more than sixteen bytes", "-1.5e3", R"([1, "]"])", "")),
            R"(- - - s=a long text with more than sixteen bytes n=-1.5e3 a=[1,"]"] o.x=)");
  EXPECT_EQ(Fields(line(R"(q\"\\)", "null", "[{}]", R"(\u00e9)")), "- - - s=q\"\\ a=[{}] o.x=\xc3\xa9");
  EXPECT_EQ(Fields(line("", "true", "[[1],2]", "z")), "- - - s= n=true a=[[1],2] o.x=z");
}

TEST_F(JsonShapesTest, AValueOfAnotherKindIsAnotherShape) {
  for (const std::string_view value : {R"("x")", "1", "[1]", R"({"b":1})", "{}"}) {
    const std::string text = StrCat(R"({"a":)", value, R"(,"z":1})");
    EXPECT_EQ(Fields(text), "unknown") << value;
  }
  EXPECT_EQ(Fields(R"({"a":"y","z":2})"), "- - - a=y z=2");
  EXPECT_EQ(Fields(R"({"a":2,"z":3})"), "- - - a=2 z=3");
  EXPECT_EQ(Fields(R"({"a":[2],"z":3})"), "- - - a=[2] z=3");
  EXPECT_EQ(Fields(R"({"a":{"b":2},"z":3})"), "- - - a.b=2 z=3");
  EXPECT_EQ(Fields(R"({"a":{},"z":3})"), "- - - z=3");
}

TEST_F(JsonShapesTest, WhatIsMalformedIsOfNoShape) {
  EXPECT_EQ(Fields(R"({"a":"x","b":1})"), "unknown");
  for (const std::string_view text : {R"({"a":"x","b":1)", R"({"a":"x","b":1}})", R"({"a":"x","b":1} )",
                                      R"({"a":"x","b":01})", R"({"a":"x","b":})", R"({"a":"x","b": 1})", R"({"a":"x)",
                                      R"({"a":"x\","b":1})", R"({"a":"\x","b":1})", R"({"a":"x" "b":1})", "{", ""}) {
    EXPECT_EQ(Fields(text), "unknown") << text;
  }
  EXPECT_EQ(Fields(R"({"a":"y","b":2})"), "- - - a=y b=2");
}

TEST_F(JsonShapesTest, NamesThatAreNotDifferentOrHaveEscapesAreNotLearned) {
  for (const std::string_view text : {R"({"a":1,"a":2})", R"({"a":{"b":1},"a.b":2})", R"({"\u0061":1})"}) {
    EXPECT_EQ(Fields(text), "unknown");
    EXPECT_EQ(Fields(text), "unknown") << text;
  }
}

TEST_F(JsonShapesTest, FindsTimeAndSeverityWhereTheyWere) {
  EXPECT_EQ(Meanings(R"({"msg":"x","log":{"level":"warn"},"@timestamp":"2026-11-20T09:15:39Z","rest":)"), "unknown");
  // Malformed behind what is needed: not learned.
  EXPECT_EQ(Meanings(R"({"msg":"x","log":{"level":"warn"},"@timestamp":"2026-11-20T09:15:39Z","rest":1})"), "unknown");
  EXPECT_EQ(Meanings(R"({"msg":"y","log":{"level":"info"},"@timestamp":"2026-11-20T09:15:40Z","rest":)"),
            "2026-11-20T09:15:40Z INFO info");
  // Neither is a time or a severity that anybody knows: it goes on to the end.
  EXPECT_EQ(Meanings(R"({"msg":"y","log":{"level":"loud"},"@timestamp":"soon","rest":1})"), "- - loud");
  EXPECT_EQ(Meanings(R"({"t":{"$date":"2026-11-20T09:15:39Z"},"s":"I","x":1})"), "unknown");  // MongoDB
  EXPECT_EQ(Meanings(R"({"t":{"$date":"2026-11-20T09:15:39Z"},"s":"E","x":1})"), "2026-11-20T09:15:39Z ERROR E");
}

TEST_F(JsonShapesTest, BracketsOutsideOfTheirPlaceAreOfNoShape) {
  EXPECT_EQ(Meanings(R"({"o":{"a":1},"level":"info","z":1})"), "unknown");
  EXPECT_EQ(Meanings(R"({"o":{"a":1]2},"level":"info","z":1})"), "unknown");
  EXPECT_EQ(Meanings(R"({"o":{"a":12},"level":"info","z":1})"), "- INFO info");
}

TEST_F(JsonShapesTest, FindsTheNamedFields) {
  constexpr std::string_view kText = R"({"level":"info","a":1,"o":{"x":"y","e":{}},"ts":1795166139,"z":[2]})";
  EXPECT_EQ(Named({"a"}, kText), "unknown");
  EXPECT_EQ(Named({"a"}, kText), "2026-11-20T09:15:39Z INFO info a=1");
  EXPECT_EQ(Named({"z", "o.x", "none"}, kText), "2026-11-20T09:15:39Z INFO info o.x=y z=[2]");
  EXPECT_EQ(Named({"o.e"}, kText), "2026-11-20T09:15:39Z INFO info o.e={}");
  // The text of a whole object is not in the shape.
  EXPECT_EQ(Named({"o"}, kText), "unknown");
  // What is behind all that is wanted is not looked at.
  EXPECT_EQ(Named({"a"}, R"({"level":"info","a":1,"o":{"x":"y","e":{}},"ts":1795166139,"z":)"),
            "2026-11-20T09:15:39Z INFO info a=1");
  EXPECT_EQ(Named({"a"}, R"({"level":"info","a":01,"o":{"x":"y","e":{}},"ts":1795166139,"z":[2]})"), "unknown");
}

TEST_F(JsonShapesTest, ManyShapesInTurnAreAllKnown) {
  const auto line = [](int shape, int value) { return StrCat(R"({"level":"info","f)", shape, R"(":)", value, "}"); };
  for (int shape = 0; shape < 12; ++shape) EXPECT_EQ(Fields(line(shape, 1)), "unknown");
  for (int i = 0; i < 1000; ++i) {
    const int shape = i * 7 % 12;
    EXPECT_EQ(Fields(line(shape, i)), StrCat("- INFO info level=info f", shape, "=", i));
  }
}

// Names that are never the same again fill every bound; then it begins anew, and lines that are alike are known again.
TEST_F(JsonShapesTest, BeginsAnewWhenItIsFull) {
  for (int i = 0; i < 20'000; ++i) {
    ASSERT_EQ(Fields(StrCat(R"({"a":1,"id)", i, R"(":"x","b":{"c":"d"}})")), "unknown");
  }
  int known = 0;
  for (int i = 0; i < 1000; ++i) known += Fields(R"({"a":1,"b":{"c":"e"}})") == "- - - a=1 b.c=e" ? 1 : 0;
  EXPECT_GT(known, 900);
}

TEST_F(JsonShapesTest, AnObjectThatIsTooLargeIsNotLearned) {
  std::string many = "{";
  for (int i = 0; i < 200; ++i) StrAppend(&many, i == 0 ? "" : ",", "\"name", i, "\":1");
  many += "}";
  const std::string long_name = StrCat("{\"", std::string(30'000, 'n'), "\":1}");
  const std::string long_line = StrCat("{\"a\":\"", std::string(40'000, 'v'), "\"}");
  for (const std::string& text : {many, long_name, long_line}) {
    EXPECT_EQ(Fields(text), "unknown");
    EXPECT_EQ(Fields(text), "unknown");
  }
}

}  // namespace
}  // namespace sluice::agent
