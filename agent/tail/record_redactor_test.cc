#include "agent/tail/record_redactor.h"

#include <memory>
#include <string>
#include <vector>

#include "agent/parse/parser_factory.h"
#include "base/strings.h"
#include "base/text.h"
#include "gtest/gtest.h"

namespace sluice::agent {
namespace {

ParserOptions WithFields(ParserKind kind, std::string regex = "") {
  return {.kind = kind, .regex = std::move(regex), .fields = FieldSelection::All()};
}

// "body | severity_text | name=value …" of a line that is parsed and redacted.
std::string Redacted(const ParserOptions& options, const std::vector<RedactRule>& rules, const std::string& line) {
  const Redactor redactor = *Redactor::Create(rules);
  const ParserFactory factory = *ParserFactory::Create(options);
  const std::unique_ptr<LineParser> parser = factory.NewParser();
  ParsedLine parsed;
  const auto parse = [&](std::string_view text, ParsedLine* out) { parser->Parse(text, 0, out); };
  parse(line, &parsed);
  Record record;
  record.line = line;
  record.valid_utf8 = IsValidUtf8(line);
  record.severity = parsed.severity;
  record.severity_text = parsed.severity_text;
  record.attributes = parsed.attributes();
  record.attributes_are_utf8 = record.valid_utf8 && parsed.attributes_are_whole;
  RecordRedactor subject;
  subject.Begin(&redactor);
  subject.RedactLine(parsed, parse, &record);
  subject.RedactAttributes(parsed, &record);
  std::string shown = StrCat(record.line, " | ", record.severity_text, " |");
  for (const auto& [name, value] : record.attributes) StrAppend(&shown, " ", name, "=", value);
  return shown;
}

const std::vector<RedactRule> kPlainIban = {{.regex = R"(iban=\w+)", .mask = "iban=***"}};
const std::vector<RedactRule> kJsonIban = {{.regex = R"("iban":"[^"]+")", .mask = R"("iban":"***")"}};

TEST(RecordRedactorTest, WhatIsReplacedInTheLineIsInNoAttribute) {
  const std::string logfmt = "level=info iban=DE8937 x=1";
  EXPECT_EQ(Redacted(WithFields(ParserKind::kLogfmt), kPlainIban, logfmt),
            "level=info iban=*** x=1 | info | level=info iban=*** x=1");
  EXPECT_EQ(Redacted(WithFields(ParserKind::kAuto), kPlainIban, logfmt),
            "level=info iban=*** x=1 | info | level=info iban=*** x=1");
  EXPECT_EQ(Redacted(WithFields(ParserKind::kJson), kJsonIban, R"({"a":{"iban":"DE8937"},"x":1})"),
            R"({"a":{"iban":"***"},"x":1} |  | a.iban=*** x=1)");
  EXPECT_EQ(Redacted(WithFields(ParserKind::kJson), kJsonIban, R"({"iban":"DE\t8937","list":[{"iban":"FR"}]})"),
            R"({"iban":"***","list":[{"iban":"***"}]} |  | iban=*** list=[{"iban":"***"}])")
      << "with escapes, and inside of JSON text";
}

TEST(RecordRedactorTest, PresetsToo) {
  EXPECT_EQ(Redacted(WithFields(ParserKind::kLogfmt), {{.presets = kTokens}},
                     R"(x=1 authorization: Digest user=ann response="6629fae49393a0")"),
            "x=1 authorization: Digest *** |  | x=1");
}

TEST(RecordRedactorTest, AMaskThatBreaksTheFormatLeavesWhatStandsOutsideOfIt) {
  const std::vector<RedactRule> rules = {{.regex = R"("iban":"[^"]+")"}};
  EXPECT_EQ(Redacted(WithFields(ParserKind::kJson), rules, R"({"a":"b","iban":"DE8937","x":1})"),
            R"({"a":"b",***,"x":1} |  | a=b x=1)");
  EXPECT_EQ(Redacted(WithFields(ParserKind::kAuto), rules, R"({"a":"b","iban":"DE8937","x":1})"),
            R"({"a":"b",***,"x":1} |  | a=b x=1)");
  EXPECT_EQ(Redacted(WithFields(ParserKind::kJson), {{.presets = kCardNumbers}},
                     R"({"a":"b","card":4111111111111111,"msg":"one\ntwo","x":1})"),
            R"({"a":"b","card":***,"msg":"one\ntwo","x":1} |  | a=b card=*** msg=*** x=1)")
      << "a text with escapes is masked as a whole, since nobody knows where it stood";
  EXPECT_EQ(Redacted(WithFields(ParserKind::kJson), {{.regex = R"("DE\w+")"}}, R"({"a":{"DE8937":5,"x":1}})"),
            R"({"a":{***:5,"x":1}} |  | a.x=1)")
      << "a name, too";
}

TEST(RecordRedactorTest, AMaskThatBreaksTheFormatIsThatOfTheValueIfTheRuleIsAboutIt) {
  EXPECT_EQ(Redacted(WithFields(ParserKind::kRegex, R"((?P<mail>\S+@\S+) (?P<next>\w+))"),
                     {{.presets = kEmails, .mask = "<email>"}}, "from ann@example.org now"),
            "from <email> now |  | mail=<email> next=now");
  EXPECT_EQ(Redacted(WithFields(ParserKind::kRegex, R"((?P<pair>\S+@\S+ pin=\d+))"),
                     {{.presets = kEmails, .mask = "<email>"}, {.regex = R"(^to <.*\d)", .mask = "to some"}},
                     "to ann@example.org pin=12"),
            "to some |  | pair=***")
      << "more was replaced in the line than in the value";
}

TEST(RecordRedactorTest, TheRulesHoldForEachAttributeAsWell) {
  const std::vector<RedactRule> rules = {{.regex = R"(^ann$)", .mask = "A"}};
  EXPECT_EQ(Redacted(WithFields(ParserKind::kLogfmt), rules, "user=ann x=1"), "user=ann x=1 |  | user=A x=1");
  EXPECT_EQ(Redacted(WithFields(ParserKind::kJson), kPlainIban, R"({"q":"iban\u003dDE8937"})"),
            R"({"q":"iban\u003dDE8937"} |  | q=iban=***)");
}

TEST(RecordRedactorTest, AMaskIsNotMaskedAgain) {
  const std::vector<RedactRule> rules = {{.regex = R"(user=(\w)\w*)", .mask = R"(user=\1_)"}};
  EXPECT_EQ(Redacted(WithFields(ParserKind::kRegex, R"((?P<who>user=\w+))"), rules, "x user=ann"),
            "x user=a_ |  | who=user=a_");
}

TEST(RecordRedactorTest, ALevelThatNobodyKnowsIsRedacted) {
  const std::vector<RedactRule> rules = {{.regex = R"(DE\d+)"}};
  const ParserOptions no_fields = {.kind = ParserKind::kJson, .fields = FieldSelection::None()};
  EXPECT_EQ(Redacted(no_fields, rules, R"({"level":"DE8937","x":1})"), R"({"level":"***","x":1} | *** |)");
  EXPECT_EQ(Redacted(no_fields, {{.regex = R"("level":"\w+")"}}, R"({"level":"DE8937"})"), R"({***} |  |)");
  EXPECT_EQ(Redacted(no_fields, {{.regex = R"(user=\w+)"}}, R"({"level":"warn","msg":"user=ann"})"),
            R"({"level":"warn","msg":"***"} | warn |)");
}

TEST(RecordRedactorTest, ALineThatDoesNotParseGoesOnSayingWhy) {
  EXPECT_EQ(Redacted(WithFields(ParserKind::kJson), kPlainIban, "iban=DE8937"),
            "iban=*** |  | parse_error=no JSON object");
}

TEST(RecordRedactorTest, AnExpressionSeesBytesThatAreNoTextAsTheyAreShown) {
  const std::vector<RedactRule> rules = {{.regex = "name=.*", .mask = "name=***"}};
  EXPECT_EQ(Redacted({}, rules, "user name=J\xe9r\xf4me Dupont"), "user name=*** |  |");
  EXPECT_EQ(Redacted({}, rules, "\xff name=Ann"), "\uFFFD name=*** |  |");
  EXPECT_EQ(Redacted({}, rules, "\xff other=Ann"), "\xff other=Ann |  |");
  EXPECT_EQ(Redacted(WithFields(ParserKind::kLogfmt), {{.regex = "^J.*t$"}}, "name=\"J\xe9r\xf4me Dupont\" x=1"),
            "name=\"J\xe9r\xf4me Dupont\" x=1 |  | name=*** x=1");
}

}  // namespace
}  // namespace sluice::agent
