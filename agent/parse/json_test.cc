#include "agent/parse/json.h"

#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "agent/parse/field.h"
#include "agent/parse/show.h"
#include "gtest/gtest.h"

namespace sluice::agent {
namespace {

std::string Found(std::string_view text) {
  // Exactly as long as the text, so that the address sanitizer sees a read behind it.
  const std::vector<char> exact(text.begin(), text.end());
  TimeReader times;
  times.set_now(kTestNow);
  ParsedLine line;
  const bool object = ParseJson({exact.data(), exact.size()}, &times, &line);
  const std::string shown = Show(line);  // before `exact` goes
  return object ? shown : "no object";
}

struct Row {
  std::string_view text;
  std::string_view found;
};

TEST(JsonTest, FindsTimeAndSeverityOfTheOutermostObject) {
  constexpr Row kRows[] = {
      {R"({"time":"2026-11-20T09:15:39.123Z","level":"info","msg":"x"})", "2026-11-20T09:15:39.123Z INFO info"},
      {R"({"msg":"x","level":"WARN","ts":1795166139.25})", "2026-11-20T09:15:39.25Z WARN WARN"},
      {R"({"level":30,"time":1795166139123,"pid":1,"hostname":"h","msg":"m"})", "2026-11-20T09:15:39.123Z INFO 30"},
      {R"({"name":"a","level":50,"msg":"m","time":"2026-11-20T09:15:39.123Z","v":0})",
       "2026-11-20T09:15:39.123Z ERROR 50"},
      {R"({"@timestamp":"2026-11-20T10:15:39.123+01:00","log.level":"ERROR"})", "2026-11-20T09:15:39.123Z ERROR ERROR"},
      {R"({"asctime": "2026-11-20 09:15:39,123", "levelname": "WARNING"})", "2026-11-20T09:15:39.123Z WARN WARNING"},
      {R"({"timeUnixNano":"1795166139123456789","severityNumber":13,"body":"x"})",
       "2026-11-20T09:15:39.123456789Z WARN 13"},
      {R"({"__REALTIME_TIMESTAMP":"1795166139123456","PRIORITY":"3"})", "2026-11-20T09:15:39.123456Z ERROR 3"},
      {R"({"@t":"2026-11-20T09:15:39Z","@l":"Warning"})", "2026-11-20T09:15:39Z WARN Warning"},
      {R"({"t":{"$date":"2026-11-20T09:15:39.123+00:00"},"s":"E","c":"-"})", "2026-11-20T09:15:39.123Z ERROR E"},
      {R"({"log":"plain ERROR\n","stream":"stderr","time":"2026-11-20T09:15:39.5Z"})", "2026-11-20T09:15:39.5Z - -"},
      {" { \"a\" : 1 }", "no object"},
      {"{ \"level\" :\t\"info\" , \"ts\" : 1795166139 }", "2026-11-20T09:15:39Z INFO info"},
      // The text of others is never taken for ours.
      {R"({"msg":"\"level\":\"error\"","level":"info"})", "- INFO info"},
      {R"({"msg":"a\\","level":"info"})", "- INFO info"},
      {R"({"msg":"a\\\",\"level\":\"error\"","level":"info"})", "- INFO info"},
      {R"({"a":{"level":"x"},"level":"warn"})", "- WARN warn"},
      {R"({"a":{"level":"error","b":[{"level":"fatal"}]},"level":"warn"})", "- WARN warn"},
      {R"({"a":["level","error",{"level":"error"}],"level":"warn"})", "- WARN warn"},
      {R"({"a":{"b":"}\"}"},"level":"warn"})", "- WARN warn"},
      {R"({"error":"level","level":"warn"})", "- WARN warn"},
      {R"({"msg":"level","x":"error"})", "- - -"},
      {R"({"s":"E"})", "- - -"},
      // Elastic Common Schema has the level in an object.
      {R"({"log":{"logger":"x","level":"warn"},"a":1})", "- WARN warn"},
      {R"({"log":{"x":{"level":"warn"}},"level":"info"})", "- INFO info"},
      {R"({"log":["level","warn"],"level":"info"})", "- INFO info"},
      {R"({"log":{},"level":"info"})", "- INFO info"},
      {R"({"t":{"x":1,"$date":"2026-11-20T09:15:39Z"},"s":"W"})", "2026-11-20T09:15:39Z WARN W"},
      // Of two, the first one that can be used.
      {R"({"level":"info","level":"error"})", "- INFO info"},
      {R"({"level":{"name":"x"},"severity":"error"})", "- ERROR error"},
      {R"({"level":null,"severity":"error"})", "- ERROR error"},
      {R"({"date":"2026-11-20","time":"2026-11-20T09:15:39Z"})", "2026-11-20T09:15:39Z - -"},
      {R"({"level":"audit"})", "- - audit"},
      // Escapes are resolved.
      {R"({"Timestamp":"2026-03-04T05:06:07.1\u002B01:00"})", "2026-03-04T04:06:07.1Z - -"},
      {R"({"time":"2026\/03\/04 05:06:07","level":"w\u0061rn"})", "2026-03-04T05:06:07Z WARN warn"},
      {R"({"log":{"level":"e\u0072r"},"t":{"$date":"2026-11-20T09:15:39.123\u002b00:00"}})",
       "2026-11-20T09:15:39.123Z ERROR err"},
      {R"({"level":"so \"called\""})", R"(- - so "called")"},
      {R"({"level":"w\x61rn","severity":"a\nb","lvl":"info"})", "- INFO info"},
      {R"({"level":\u0031})", "- - \\u0031"},
      // What is no JSON any more is read as far as it is.
      {R"({"level":"info","msg":"cut o)", "- INFO info"},
      {R"({"level":"info)", "- - -"},
      {R"({"level":"info" "ts":1795166139})", "- INFO info"},
      {R"({"a":1}{"level":"info"})", "- - -"},
      {R"({"a":1,level:"info"})", "- - -"},
      {R"({"a":{"level":"info")", "- - -"},
      {R"({"a":"\)", "- - -"},
      {R"({"a)", "- - -"},
      {R"({")", "- - -"},
      {R"({"level":)", "- - -"},
      {R"({"level":6)", "- INFO 6"},
      {R"({"a":1"b","level":"info"})", "- - -"},
      {"{\"a\":\"\xff\xfe\",\"level\":\"info\"}", "- INFO info"},
      // No objects.
      {"", "no object"},
      {"{", "no object"},
      {"{}", "no object"},
      {"{main} x", "no object"},
      {"[1]", "no object"},
      {"text", "no object"},
  };
  for (const Row& row : kRows) EXPECT_EQ(Found(row.text), row.found) << row.text;
}

// The slow oracle: one byte after the other.
class Oracle {
 public:
  explicit Oracle(std::string_view text) : text_(text) {}

  void Parse(ParsedLine* out) {
    bool mongo = false;
    while (!IsComplete(*out) && NextMember()) {
      FieldMeaning meaning = MeaningOf(name_);
      if (mongo && name_ == "s") meaning = FieldMeaning::kSeverity;
      if (meaning == FieldMeaning::kNone) continue;
      if (nested_) {
        mongo |= value_[0] == '{' && Oracle(value_).ParseInside(meaning, &times_, out);
      } else {
        TakeValue(meaning, &times_, out);
      }
    }
  }

 private:
  static bool IsIn(char c, std::string_view set) { return set.find(c) != set.npos; }
  char Peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void Space() {
    while (at_ < text_.size() && IsIn(text_[at_], " \t\r\n")) ++at_;
  }
  bool Take(char c) {
    Space();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool String(std::string_view* out) {
    const size_t begin = at_;
    for (; at_ < text_.size(); ++at_) {
      if (text_[at_] == '\\') {
        ++at_;
      } else if (text_[at_] == '"') {
        *out = text_.substr(begin, at_++ - begin);
        return true;
      }
    }
    return false;
  }
  void TakeValue(FieldMeaning meaning, TimeReader* times, ParsedLine* out) const {
    if (string_) return TakeEscapedField(meaning, value_, Escapes::kJson, times, out);
    TakeField(meaning, value_, times, out);
  }
  // True if there is MongoDB's time.
  bool ParseInside(FieldMeaning outer, TimeReader* times, ParsedLine* out) {
    bool mongo = false;
    while (!IsComplete(*out) && NextMember()) {
      const FieldMeaning meaning = MeaningInside(outer, name_);
      if (meaning == FieldMeaning::kNone || nested_) continue;
      mongo |= meaning == FieldMeaning::kTime;
      TakeValue(meaning, times, out);
    }
    return mongo;
  }
  // Reads the next member into name_, value_ and nested_.
  bool NextMember() {
    const bool first = at_ == 0;
    at_ += first ? 1 : 0;  // the '{'
    if (!first && !Take(',')) return false;
    if (!Take('"') || !String(&name_) || !Take(':')) return false;
    Space();
    nested_ = Peek() == '{' || Peek() == '[';
    if (nested_) return Nested(&value_);
    string_ = Peek() == '"';
    if (string_) {
      ++at_;
      return String(&value_);
    }
    const size_t begin = at_;
    if (at_ == text_.size()) return false;
    while (at_ < text_.size() && !IsIn(text_[at_], ",}\"") && static_cast<uint8_t>(text_[at_]) > ' ') ++at_;
    value_ = text_.substr(begin, at_ - begin);
    return true;
  }
  bool Nested(std::string_view* out) {
    const size_t begin = at_;
    int depth = 0;
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      std::string_view text;
      if (c == '"' && !String(&text)) return false;
      if (IsIn(c, "{[")) ++depth;
      if (IsIn(c, "}]") && --depth == 0) {
        *out = text_.substr(begin, at_ - begin);
        return true;
      }
    }
    return false;
  }

  const std::string_view text_;
  size_t at_ = 0;
  std::string_view name_;
  std::string_view value_;
  bool nested_ = false;
  bool string_ = false;
  TimeReader times_;
};

class JsonGenerator {
 public:
  explicit JsonGenerator(uint32_t seed) : random_(seed) {}

  std::string Object() {
    std::string text = "{";
    for (uint32_t members = random_() % 12; members > 0; --members) {
      if (text.size() > 1) text += Space() + "," + Space();
      text += '"' + Name() + '"' + Space() + ":" + Space() + Value(0);
    }
    return text + "}";
  }
  // Some bytes changed, taken away or doubled.
  std::string Damaged(std::string text) {
    constexpr std::string_view kBytes = "\"\"\\{}[],: x\x01\xff";
    for (uint32_t damages = random_() % 4; damages > 0 && !text.empty(); --damages) {
      const size_t at = random_() % text.size();
      switch (random_() % 4) {
        case 0:
          text[at] = kBytes[random_() % kBytes.size()];
          break;
        case 1:
          text.erase(at, random_() % 5);
          break;
        case 2:
          text.insert(at, 1 + random_() % 3, kBytes[random_() % kBytes.size()]);
          break;
        default:
          text.resize(at);
      }
    }
    return text;
  }

 private:
  template <size_t N>
  std::string Pick(const char* const (&words)[N]) {
    return words[random_() % N];
  }
  std::string Space() { return random_() % 20 == 0 ? std::string(random_() % 3, ' ') : ""; }
  std::string Name() {
    constexpr const char* kNames[] = {"level", "time", "ts", "msg",   "a",        "severity",  "log.level", "log",
                                      "$date", "t",    "s",  "trace", "\\\"time", "level\\\\", ""};
    return Pick(kNames);
  }
  std::string Value(int depth) {
    constexpr const char* kTexts[] = {"info",
                                      "error",
                                      "2026-11-20T09:15:39.123Z",
                                      "\\\"",
                                      "\\\\",
                                      "}",
                                      "{[",
                                      "a long text about nothing that fills more than one block of marks",
                                      "x\\\"y",
                                      "\\\\\\\"",
                                      "\\u0041",
                                      "w\\u0061rn",
                                      "2026-11-20T09:15:39\\u002B01:00",
                                      "bad\\escape",
                                      "",
                                      ","};
    constexpr const char* kScalars[] = {"1", "30", "null", "true", "1795166139", "1795166139.5", "-1e9", "3"};
    switch (random_() % (depth < 3 ? 6 : 4)) {
      case 0:
      case 1:
      case 2:
        return '"' + Pick(kTexts) + (random_() % 3 == 0 ? Pick(kTexts) : "") + '"';
      case 3:
        return Pick(kScalars);
      case 4: {
        std::string text = "[";
        for (uint32_t items = random_() % 4; items > 0; --items)
          text += (text.size() > 1 ? "," : "") + Value(depth + 1);
        return text + "]";
      }
      default: {
        if (random_() % 4 == 0) return R"({"$date":"2026-11-20T09:15:39.123Z"})";
        std::string text = "{";
        for (uint32_t items = random_() % 4; items > 0; --items) {
          text += (text.size() > 1 ? ",\"" : "\"") + Name() + "\":" + Value(depth + 1);
        }
        return text + "}";
      }
    }
  }

  std::mt19937 random_;
};

TEST(JsonTest, AgreesWithTheSlowOracle) {
  JsonGenerator generator(20261120);
  for (int i = 0; i < 200'000; ++i) {
    const std::string text = i % 2 == 0 ? generator.Object() : generator.Damaged(generator.Object());
    const std::string found = Found(text);
    if (found == "no object") continue;
    ParsedLine expected;
    Oracle(text).Parse(&expected);
    ASSERT_EQ(found, Show(expected)) << text;
  }
}

}  // namespace
}  // namespace sluice::agent
