// Any bytes, split into lines, go through every parser: nothing crashes, what is found lies inside the line and is
// sane, and what stood before a line never changes what it means.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/parse/parser_factory.h"
#include "agent/parse/show.h"
#include "base/text.h"

namespace sluice::agent {
namespace {

void Require(bool holds, const char* what, std::string_view line) {
  if (holds) return;
  std::fprintf(stderr, "%s: '%.*s'\n", what, static_cast<int>(line.size()), line.data());
  std::abort();
}

void CheckAttributes(const ParsedLine& parsed, std::string_view line) {
  Require(parsed.attributes().size() <= kAttributesMax, "too many attributes", line);
  const bool utf8 = parsed.attributes_are_whole && IsValidUtf8(line);
  std::set<std::string_view> names;
  size_t bytes = 0;
  for (const auto& [name, value] : parsed.attributes()) {  // a view of what is gone is the address sanitizer's to see
    bytes += name.size() + value.size();
    Require(names.insert(name).second, "two attributes of one name", line);
    Require(!utf8 || (IsValidUtf8(name) && IsValidUtf8(value)), "an attribute that is no UTF-8", line);
  }
  constexpr size_t kOmitted = std::string_view("fields_omitted").size() + 10;
  Require(bytes <= kAttributeBytesMax + kOmitted, "attributes too large", line);
}

void CheckSane(const ParsedLine& parsed, std::string_view line) {
  constexpr uint64_t kYear1971 = 31'536'000'000'000'000;
  constexpr uint64_t kYear2262 = 9'214'646'400'000'000'000;
  const uint64_t time = parsed.time_unix_nano;
  Require(time == 0 || (time >= kYear1971 && time < kYear2262), "time out of range", line);
  Require(v1::Severity_IsValid(parsed.severity), "no severity", line);
  Require(parsed.severity_text.size() <= kSeverityTextMax, "text too long", line);
  Require(parsed.severity == v1::SEVERITY_UNSPECIFIED || !parsed.severity_text.empty(), "severity without text", line);
  for (char c : parsed.severity_text) Require(c >= 0x20 && c < 0x7f, "text not printable", line);
  CheckAttributes(parsed, line);
}

struct Subject {
  explicit Subject(ParserOptions options)
      : factory(*ParserFactory::Create(std::move(options))), parser(factory.NewParser()) {}

  ParserFactory factory;
  std::unique_ptr<LineParser> parser;  // for all the lines
};

std::vector<Subject> AllSubjects() {
  constexpr const char* kPattern = R"((?P<time>[-0-9T:.Z]{10,})?\W*(?P<level>[A-Za-z]+)[\s:](?P<rest>.*))";
  const FieldSelection named = *FieldSelection::Named({"level", "http.status", "a", "a@1.b", "status", "c-ip", "line"});
  std::vector<Subject> subjects;
  for (ParserKind kind : {ParserKind::kAuto, ParserKind::kJson, ParserKind::kLogfmt, ParserKind::kW3c,
                          ParserKind::kSyslog, ParserKind::kKlog, ParserKind::kRegex}) {
    const char* const regex = kind == ParserKind::kRegex ? kPattern : "";
    for (const FieldSelection& fields : {FieldSelection::None(), FieldSelection::All(), named}) {
      const bool status = (kind == ParserKind::kAuto || kind == ParserKind::kW3c) && fields.all();
      subjects.emplace_back(
          ParserOptions{.kind = kind, .regex = regex, .fields = fields, .severity_from_status = status});
    }
  }
  subjects.emplace_back(ParserOptions{.kind = ParserKind::kPlain});
  return subjects;
}

// The columns of a W3C log are meant to be remembered: behind them a new parser may say something else.
bool NamesColumns(std::string_view line) { return line.starts_with("#Fields:") || line.starts_with("#Date:"); }

void CheckLine(std::string_view line, bool columns_known, std::vector<Subject>* subjects, ParsedLine* parsed) {
  const std::vector<char> exact(line.begin(), line.end());  // ends where its memory ends
  const std::string_view text(exact.data(), exact.size());
  for (Subject& subject : *subjects) {
    subject.parser->Parse(text, kTestNow, parsed);
    CheckSane(*parsed, text);
    if (columns_known) continue;
    ParsedLine fresh;
    subject.factory.NewParser()->Parse(text, kTestNow, &fresh);
    Require(Show(*parsed) == Show(fresh), "depends on the lines before", text);
  }
}

void CheckLines(std::string_view text) {
  std::vector<Subject> subjects = AllSubjects();
  ParsedLine parsed;
  bool columns_known = false;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    columns_known |= NamesColumns(line);
    CheckLine(line, columns_known, &subjects, &parsed);
    text.remove_prefix(line.size() < text.size() ? line.size() + 1 : line.size());
  }
}

}  // namespace
}  // namespace sluice::agent

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  sluice::agent::CheckLines({reinterpret_cast<const char*>(data), size});
  return 0;
}
