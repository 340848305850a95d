#include "agent/parse/json_fields.h"

#include <string>
#include <string_view>
#include <vector>

#include "agent/parse/show.h"
#include "base/strings.h"
#include "gtest/gtest.h"

namespace sluice::agent {
namespace {

std::string Found(std::string_view text, const FieldSelection& fields) {
  // Exactly as long as the text, so that the address sanitizer sees a read behind it.
  const std::vector<char> exact(text.begin(), text.end());
  TimeReader times;
  times.set_now(kTestNow);
  ParsedLine line;
  const std::string_view reason = ParseJsonFields({exact.data(), exact.size()}, fields, &times, &line);
  line.SayWhatIsOmitted();
  return reason.empty() ? Show(line) : StrCat("! ", reason);
}

std::string All(std::string_view text) { return Found(text, FieldSelection::All()); }
std::string Named(const std::vector<std::string>& names, std::string_view text) {
  return Found(text, *FieldSelection::Named(names));
}

struct Row {
  std::string_view text;
  std::string_view found;
};

TEST(JsonFieldsTest, GivesAllFields) {
  constexpr Row kRows[] = {
      {R"({"time":"2026-11-20T09:15:39Z","level":"info","msg":"x y"})",
       "2026-11-20T09:15:39Z INFO info time=2026-11-20T09:15:39Z level=info msg=x y"},
      {"{}", "- - -"},
      {" { } ", "- - -"},
      {R"({ "a" : 1 , "b" : "x" })", "- - - a=1 b=x"},
      // Values as they are written.
      {R"({"a":1.10,"b":-0,"c":1E+5,"d":true,"e":false,"f":null,"g":""})",
       "- - - a=1.10 b=-0 c=1E+5 d=true e=false g="},
      {R"({"a":123456789012345678901234567890123456789012345678901234567890,"b":1e999})",
       "- - - a=123456789012345678901234567890123456789012345678901234567890 b=1e999"},
      // Nested.
      {R"({"http":{"method":"GET","status":200,"tls":{"on":true}},"x":1})",
       "- - - http.method=GET http.status=200 http.tls.on=true x=1"},
      {R"({"a":{},"b":[],"c":{"d":{}}})", "- - - b=[]"},
      {R"({"a":[1, "x y" , {"b" : 2}, [ ]],"c":1})", R"(- - - a=[1,"x y",{"b":2},[]] c=1)"},
      {R"({"a":["\" ]",2] })", R"(- - - a=["\" ]",2])"},
      // Escapes.
      {R"({"a":"\"q\" \\ \u00e9 \n","k\u0065y":1,"o\"":{"i\\":2}})", "- - - a=\"q\" \\ \xc3\xa9 \n key=1 o\".i\\=2"},
      {R"({"a":"\ud83d\ude00","b":"\ud83d","c":"\ude00x"})", "- - - a=\xf0\x9f\x98\x80 b=\xef\xbf\xbd c=\xef\xbf\xbdx"},
      // Of one name the first one counts, also if it is spelled otherwise.
      {R"({"a":1,"a":2,"\u0061":3,"b":{"c":4},"b.c":5})", "- - - a=1 b.c=4 fields_omitted=3"},
      // Time and severity where they usually are.
      {R"({"log":{"level":"warn","logger":"x"},"@timestamp":"2026-11-20T09:15:39Z"})",
       "2026-11-20T09:15:39Z WARN warn log.level=warn log.logger=x @timestamp=2026-11-20T09:15:39Z"},
      {R"({"t":{"$date":"2026-11-20T09:15:39.123+00:00"},"s":"E","c":"-"})",
       "2026-11-20T09:15:39.123Z ERROR E t.$date=2026-11-20T09:15:39.123+00:00 s=E c=-"},
      {R"({"a":{"level":"error","time":1795166139},"level":"info"})",
       "- INFO info a.level=error a.time=1795166139 level=info"},
  };
  for (const Row& row : kRows) EXPECT_EQ(All(row.text), row.found) << row.text;
}

TEST(JsonFieldsTest, SaysWhatIsWrong) {
  constexpr Row kRows[] = {
      {"text", "! no JSON object"},
      {"", "! no JSON object"},
      {"   ", "! no JSON object"},
      {"[1]", "! no JSON object"},
      {"null", "! no JSON object"},
      {"{", "! unfinished JSON"},
      {R"({"a":1)", "! unfinished JSON"},
      {R"({"a":"x)", "! unfinished JSON"},
      {R"({"a":"x"} and more)", "! text behind a JSON object"},
      {R"({"a":1} x)", "! text behind a JSON object"},
      {R"({"a":1}{)", "! text behind a JSON object"},
      {R"({"a":1} "x)", "! text behind a JSON object"},
      {R"({"a":"}" x)", "! unfinished JSON"},
      {R"({"a":{"b":1} x)", "! unfinished JSON"},
      {R"({"a":1}{"b":2})", "! text behind a JSON object"},
      {R"({"a":1}})", "! text behind a JSON object"},
      {R"({"a":[1})", "! malformed JSON"},
      {R"({"a" 1})", "! malformed JSON"},
      {R"({"a":1 "b":2})", "! malformed JSON"},
      {R"({a:1})", "! malformed JSON"},
      {R"({'a':1})", "! malformed JSON"},
      {R"({"a":1,})", "! malformed JSON"},
      {R"({,})", "! malformed JSON"},
      {R"({"a"})", "! malformed JSON"},
      {R"({"a":{"b":1,}})", "! malformed JSON"},
      {R"({"a":{"b"}})", "! malformed JSON"},
      {R"({"a":})", "! malformed JSON"},
      {R"({"a":01})", "! malformed JSON number or word"},
      {R"({"a":1x})", "! malformed JSON number or word"},
      {R"({"a":nul})", "! malformed JSON number or word"},
      {R"({"a":nan})", "! malformed JSON number or word"},
      {R"({"a":"\q"})", "! malformed escape in a JSON string"},
      {R"({"a":"\u12"})", "! malformed escape in a JSON string"},
      {R"({"\q":1})", "! malformed escape in a JSON string"},
      {"{\"a\":\"\x01\"}", "! control character in a JSON string"},
      {"{\"a\":\"\xff\"}", "! JSON that is not UTF-8"},
  };
  for (const Row& row : kRows) EXPECT_EQ(All(row.text), row.found) << row.text;
}

TEST(JsonFieldsTest, TakesWhatIsTooDeepAsText) {
  std::string deep = "1";
  for (int i = 14; i > 0; --i) deep = StrCat("{\"k", i, "\": ", deep, "}");
  EXPECT_EQ(All(deep), R"(- - - k1.k2.k3.k4.k5.k6.k7.k8.k9.k10={"k11":{"k12":{"k13":{"k14":1}}}})");
  // However deep it is.
  const std::string bomb = StrCat(R"({"a":)", std::string(50'000, '['), std::string(50'000, ']'), R"(,"b":1})");
  EXPECT_EQ(All(bomb), "- - - b=1 fields_omitted=1");
  std::string objects;
  for (int i = 0; i < 50'000; ++i) objects += R"({"a":)";
  EXPECT_EQ(All(objects), "! unfinished JSON");
  EXPECT_EQ(All(objects + "1" + std::string(50'000, '}')), "- - - fields_omitted=1");
}

TEST(JsonFieldsTest, OmitsWhatIsTooMuch) {
  std::string many = "{\"level\":\"info\"";
  for (int i = 0; i < 200; ++i) StrAppend(&many, ",\"k", i, "\":", i);
  EXPECT_TRUE(All(many + "}").ends_with(" k125=125 fields_omitted=74")) << All(many + "}");
  const std::string large(100'000, 'x');
  EXPECT_EQ(All(StrCat(R"({"a":")", large, R"(","b":1})")), "- - - b=1 fields_omitted=1");
  EXPECT_EQ(All(StrCat(R"({"a":"\n)", large, R"(","b":1})")), "- - - b=1 fields_omitted=1");
  EXPECT_EQ(All(StrCat("{\"", large, R"(\n":1,"b":1})")), "- - - b=1 fields_omitted=1");
  EXPECT_EQ(All(StrCat("{\"", large, R"(\n":{"c":[]},"b":1})")), "- - - b=1 fields_omitted=1");
}

TEST(JsonFieldsTest, GivesNamedFieldsOnly) {
  constexpr std::string_view kText =
      R"({"level":"info","user":"ann","http":{"status":200,"path":"/ \u0061","in":{"x":[1, 2]}},"a.b":7,"z":null})";
  EXPECT_EQ(Named({"user"}, kText), "- INFO info user=ann");
  EXPECT_EQ(Named({"http.status", "http.path"}, kText), "- INFO info http.status=200 http.path=/ a");
  EXPECT_EQ(Named({"http.in.x", "a.b"}, kText), "- INFO info http.in.x=[1,2] a.b=7");
  EXPECT_EQ(Named({"http.in"}, kText), R"(- INFO info http.in={"x":[1,2]})") << "an object is text";
  EXPECT_EQ(Named({"http.in", "http.in.x", "a.b"}, kText), R"(- INFO info http.in={"x":[1,2]} http.in.x=[1,2] a.b=7)")
      << "and its fields";
  EXPECT_EQ(Named({"http.in.x", "http.in"}, kText), R"(- INFO info http.in={"x":[1,2]} http.in.x=[1,2])");
  EXPECT_EQ(Named({"z", "no", "http.no", "level.x"}, kText), "- INFO info");
  EXPECT_EQ(Named({"a"}, R"({"a":1,"a":2})"), "- - - a=1");
  EXPECT_EQ(Named({"a", "b"}, R"({"a":1,"a":2})"), "- - - a=1 fields_omitted=1");
  EXPECT_EQ(Found(kText, FieldSelection::None()), "- INFO info");
}

TEST(JsonFieldsTest, LooksForNamedFieldsOnlyAsFarAsItMust) {
  EXPECT_EQ(Named({"a"}, R"({"a":1,"b":oops})"), "- - - a=1");
  EXPECT_EQ(Named({"a"}, R"({"b":1,"a":oops})"), "! malformed JSON number or word");
  EXPECT_EQ(Named({"a"}, R"({"b":1,"c":"cut)"), "! malformed JSON");
  EXPECT_EQ(Named({"a"}, R"({"b":1} more)"), "! malformed JSON");
  EXPECT_EQ(Named({"a"}, R"({"a":"\q"})"), "! malformed escape in a JSON string");
  EXPECT_EQ(Named({"a"}, R"({"b":1,})"), "! malformed JSON");
  EXPECT_EQ(Named({"a"}, R"({"b":1,"c"})"), "! malformed JSON");
  EXPECT_EQ(Named({"a"}, "text"), "! no JSON object");
  EXPECT_EQ(Named({"a"}, "{text}"), "! no JSON object");
  EXPECT_EQ(Named({"a"}, "{}"), "- - -");
  EXPECT_EQ(Named({"a"}, " {} "), "- - -");
}

TEST(JsonFieldsTest, NamesThatNobodyWantsTakeNoRoom) {
  std::string text = R"({"o":{)";
  for (int i = 0; i < 3000; ++i) StrAppend(&text, "\"", i, std::string(60, 'x'), "\":1,");
  EXPECT_EQ(Named({"o.last"}, text + R"("last":2}})"), "- - - o.last=2");
}

}  // namespace
}  // namespace sluice::agent
