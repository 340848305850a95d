// The readers of JSON against simdjson's document, which is the oracle: the fast path's time and severity, and the
// attributes of the others.
#include <simdjson.h>

#include <array>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "agent/parse/field.h"
#include "agent/parse/json.h"
#include "agent/parse/json_fields.h"
#include "agent/parse/show.h"
#include "base/strings.h"
#include "base/test_seed.h"
#include "gtest/gtest.h"

namespace sluice::agent {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

template <size_t N>
std::string_view Pick(std::mt19937_64& random, const std::array<std::string_view, N>& words) {
  return words[random() % N];
}

void AppendSpace(std::mt19937_64& random, std::string* text) {
  if (random() % 6 == 0) text->append(random() % 2 == 0 ? " " : "\t ");
}

void AppendValue(std::mt19937_64& random, int depth, std::string* text);

void AppendObject(std::mt19937_64& random, int depth, std::string* text) {
  constexpr std::array<std::string_view, 18> kNames = {
      "time", "level", "ts",  "severity", "log", "t",     "s", "$date", "msg",
      "a",    "b",     "c.d", "LEVEL",    "",    R"(\")", "é", "@t",    "a_longer_name_than_sixteen"};
  *text += '{';
  const size_t count = random() % 6;
  for (size_t i = 0; i < count; ++i) {
    if (i > 0) *text += ',';
    AppendSpace(random, text);
    StrAppend(text, "\"", Pick(random, kNames), "\"");
    AppendSpace(random, text);
    *text += ':';
    AppendSpace(random, text);
    AppendValue(random, depth, text);
    AppendSpace(random, text);
  }
  *text += '}';
}

void AppendValue(std::mt19937_64& random, int depth, std::string* text) {
  constexpr std::array<std::string_view, 27> kValues = {R"("info")",
                                                        R"("ERROR")",
                                                        R"("audit")",
                                                        "30",
                                                        "17",
                                                        "1795166139",
                                                        "1795166139.25",
                                                        R"("2026-11-20T09:15:39Z")",
                                                        R"("20261120T091539Z")",
                                                        "null",
                                                        "true",
                                                        "-0.5e3",
                                                        R"("")",
                                                        R"("\\")",
                                                        R"("a\"b")",
                                                        R"("}")",
                                                        R"("{[")",
                                                        R"("\u00e9\n")",
                                                        R"("é")",
                                                        "0",
                                                        R"(",\"level\":\"error\"")",
                                                        R"("W")",
                                                        R"("x y")",
                                                        R"("w\u0061rn")",
                                                        R"("\u0062ad")",
                                                        R"("2026\/11\/20 09:15:39\u002B01:00")",
                                                        "1e5"};
  const uint64_t kind = random() % 8;
  if (kind == 0 && depth < 12) {
    AppendObject(random, depth + 1, text);
  } else if (kind == 1 && depth < 12) {
    *text += '[';
    for (size_t i = random() % 3; i > 0; --i) {
      AppendValue(random, depth + 1, text);
      if (i > 1) *text += ',';
    }
    *text += ']';
  } else {
    *text += Pick(random, kValues);
  }
}

// What a scalar says, as the document has it.
std::string Unescaped(const element& value) {
  std::string_view text;
  return value.get_string().get(text) == simdjson::SUCCESS ? std::string(text) : simdjson::minify(value);
}

struct Field {
  element_type type;
  std::string text;
};
using Fields = std::map<std::string, Field>;

// The names that a document has, with their values: numbers only as being there, since the document does not keep how
// they are written.
void Flatten(const element& object, const std::string& prefix, int depth, Fields* fields) {
  for (const auto& [key, value] : simdjson::dom::object(object.get_object().value_unsafe())) {
    const std::string name = StrCat(prefix, std::string_view(key));
    switch (value.type()) {
      case element_type::OBJECT:
        if (depth + 1 < 10) {
          Flatten(value, name + ".", depth + 1, fields);
          break;
        }
        fields->emplace(name, Field{element_type::OBJECT, simdjson::minify(value)});
        break;
      case element_type::NULL_VALUE:
        break;
      default:
        fields->emplace(name, Field{value.type(), Unescaped(value)});
    }
  }
}

bool IsNumber(std::string_view text) { return !text.empty() && text.find_first_not_of("0123456789+-.eE") == text.npos; }

class JsonDifferentialTest : public ::testing::Test {
 protected:
  void Check(const std::string& text) {
    SCOPED_TRACE(StrCat("SLUICE_SEED=", seed_, ": ", text));
    TimeReader times;
    ParsedLine fast;
    ParsedLine all;
    ParseJson(text, &times, &fast);
    const std::string_view reason = ParseJsonFields(text, FieldSelection::All(), &times, &all);
    CheckQuick(text, reason, all);
    element document;
    const bool valid = parser_.parse(text).get(document) == simdjson::SUCCESS && document.is_object();
    if (!valid || text[0] != '{')
      return;  // what is inside of an array is not looked into: it may be malformed, and the fields found
    ++valid_;
    ASSERT_EQ(reason, "");
    EXPECT_EQ(fast.time_unix_nano, all.time_unix_nano);
    EXPECT_EQ(fast.severity, all.severity);
    EXPECT_EQ(fast.severity_text, all.severity_text);
    CheckFields(document, all);
    CheckNamed(text, all);
  }

  void CheckFields(const element& document, const ParsedLine& found) {
    Fields expected;
    Flatten(document, "", 0, &expected);
    ASSERT_EQ(found.attributes().size(), expected.size());
    for (const auto& [name, value] : found.attributes()) {
      const auto at = expected.find(std::string(name));
      ASSERT_NE(at, expected.end()) << name;
      const auto& [type, text] = at->second;
      if (type == element_type::INT64 || type == element_type::UINT64 || type == element_type::DOUBLE) {
        EXPECT_TRUE(IsNumber(value)) << name << "=" << value;
      } else if (type == element_type::OBJECT || type == element_type::ARRAY) {
        element again;  // compact text, but for how numbers and characters are written
        ASSERT_EQ(again_.parse(value.data(), value.size()).get(again), simdjson::SUCCESS) << value;
        EXPECT_EQ(simdjson::minify(again), text);
      } else {
        EXPECT_EQ(value, text) << name;
      }
    }
  }

  // What the quick reader takes for itself is what simdjson finds, too, for which one control character is enough: here
  // it is white space.
  void CheckQuick(const std::string& text, std::string_view reason, const ParsedLine& all) {
    TimeReader times;
    ParsedLine slow;
    const std::string_view slow_reason = ParseJsonFields(text + "\t", FieldSelection::All(), &times, &slow);
    const bool agrees = slow_reason.empty() == reason.empty();
    ASSERT_TRUE(agrees || text.find('[') != text.npos) << slow_reason << reason;  // arrays are not looked into
    if (slow_reason.empty() && reason.empty()) {
      EXPECT_EQ(Show(slow), Show(all));
    }
  }

  // Each field by itself is what it is among all, unless there is an object of the same name, which is text then.
  void CheckNamed(const std::string& text, const ParsedLine& all) {
    for (const auto& [name, value] : all.attributes()) {
      if (name.empty()) continue;
      TimeReader times;
      ParsedLine named;
      EXPECT_EQ(ParseJsonFields(text, *FieldSelection::Named({std::string(name)}), &times, &named), "");
      ASSERT_EQ(named.attributes().size(), 1) << name;
      const std::string_view by_itself = named.attributes()[0].second;
      EXPECT_TRUE(by_itself == value || by_itself.starts_with('{')) << name << "=" << by_itself;
      EXPECT_EQ(named.severity, all.severity);
      EXPECT_EQ(named.time_unix_nano, all.time_unix_nano);
    }
  }

  const uint64_t seed_ = TestSeed();
  std::mt19937_64 random_{seed_};
  int valid_ = 0;
  simdjson::dom::parser parser_;
  simdjson::dom::parser again_;
};

TEST_F(JsonDifferentialTest, AgreesOnWellFormedObjects) {
  for (int i = 0; i < 20'000; ++i) {
    std::string text;
    AppendObject(random_, 0, &text);
    Check(text);
    if (HasFailure()) return;
  }
  EXPECT_EQ(valid_, 20'000);
}

// With up to two bytes inserted, changed or taken out.
std::string Damaged(std::mt19937_64& random, std::string text) {
  constexpr std::string_view kBytes = "\"\\{}[]:, \t0123eEtfn.-ax\x80\xc3\x01";
  for (uint64_t n = random() % 3; n > 0; --n) {
    const size_t at = random() % (text.size() + 1);
    const char byte = kBytes[random() % kBytes.size()];
    if (random() % 3 == 0) {
      text.insert(at, 1, byte);
    } else if (at < text.size() && random() % 2 == 0) {
      text[at] = byte;
    } else if (at < text.size()) {
      text.erase(at, 1);
    }
  }
  return text;
}

TEST_F(JsonDifferentialTest, AgreesOnWhatIsLeftOfDamagedOnes) {
  for (int i = 0; i < 50'000; ++i) {
    std::string text;
    AppendObject(random_, 0, &text);
    Check(Damaged(random_, text));
    if (HasFailure()) return;
  }
  EXPECT_GT(valid_, 10'000);
}

// Lines that are mostly like one before: what was learned of that one changes nothing.
TEST_F(JsonDifferentialTest, TheLinesBeforeChangeNothing) {
  TimeReader times;
  ParsedLine known;
  for (int i = 0; i < 10'000; ++i) {
    std::string text;
    AppendObject(random_, 0, &text);
    for (int variant = 0; variant < 6; ++variant) {
      const std::string like = variant == 0 ? text : Damaged(random_, text);
      SCOPED_TRACE(StrCat("SLUICE_SEED=", seed_, ": ", like));
      ParsedLine alone;
      known.Clear();
      const std::string_view reason = ParseJsonFields(like, FieldSelection::All(), &times, &known);
      ASSERT_EQ(reason, ParseJsonFields(like, FieldSelection::All(), &times, &alone));
      if (reason.empty()) ASSERT_EQ(Show(known), Show(alone));
      ASSERT_EQ(known.fields_omitted(), alone.fields_omitted());
      const FieldSelection named = *FieldSelection::Named({"a", "log", "c.d", "log.a", "ts"});
      for (ParsedLine* line : {&known, &alone}) line->Clear();
      const std::string_view named_reason = ParseJsonFields(like, named, &times, &known);
      alone.scratch.reset();
      ASSERT_EQ(named_reason, ParseJsonFields(like, named, &times, &alone));
      if (named_reason.empty()) ASSERT_EQ(Show(known), Show(alone));
      known.Clear();
      ParsedLine alone_again;
      ASSERT_EQ(ParseJsonLine(like, &times, &known), ParseJson(like, &times, &alone_again));
      ASSERT_EQ(Show(known), Show(alone_again));
    }
  }
}

}  // namespace
}  // namespace sluice::agent
