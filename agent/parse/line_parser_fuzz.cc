// Any bytes, split into lines, go through every parser: nothing crashes, what is found lies inside the line and is
// sane, and what stood before a line never changes what it means.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/parse/parser_factory.h"
#include "agent/parse/show.h"

namespace sluice::agent {
namespace {

void Require(bool holds, const char* what, std::string_view line) {
  if (holds) return;
  std::fprintf(stderr, "%s: '%.*s'\n", what, static_cast<int>(line.size()), line.data());
  std::abort();
}

bool IsInside(std::string_view part, std::string_view line) {
  return part.empty() || (part.data() >= line.data() && part.data() + part.size() <= line.data() + line.size());
}

void CheckSane(const ParsedLine& parsed, std::string_view line) {
  constexpr uint64_t kYear1971 = 31'536'000'000'000'000;
  constexpr uint64_t kYear2262 = 9'214'646'400'000'000'000;
  const uint64_t time = parsed.time_unix_nano;
  Require(time == 0 || (time >= kYear1971 && time < kYear2262), "time out of range", line);
  Require(v1::Severity_IsValid(parsed.severity), "no severity", line);
  Require(IsInside(parsed.severity_text, line), "text outside of the line", line);
  Require(parsed.severity_text.size() <= kSeverityTextMax, "text too long", line);
  Require(parsed.severity == v1::SEVERITY_UNSPECIFIED || !parsed.severity_text.empty(), "severity without text", line);
  for (char c : parsed.severity_text) Require(c >= 0x20 && c < 0x7f, "text not printable", line);
  for (const auto& [name, value] : parsed.attributes) Require(IsInside(value, line), "value outside of the line", line);
}

struct Subject {
  explicit Subject(ParserKind kind)
      : factory(*ParserFactory::Create(kind, kind == ParserKind::kRegex ? kPattern : "")),
        parser(factory.NewParser()) {}
  static constexpr const char* kPattern = R"((?P<time>[-0-9T:.Z]{10,})?\W*(?P<level>[A-Za-z]+)[\s:](?P<rest>.*))";

  ParserFactory factory;
  std::unique_ptr<LineParser> parser;  // for all the lines
};

// The columns of a W3C log are meant to be remembered: behind them a new parser may say something else.
bool NamesColumns(std::string_view line) { return line.starts_with("#Fields:"); }

void CheckLine(std::string_view line, bool columns_known, std::vector<Subject>* subjects) {
  const std::vector<char> exact(line.begin(), line.end());  // ends where its memory ends
  const std::string_view text(exact.data(), exact.size());
  ParsedLine parsed;
  ParsedLine fresh;
  for (Subject& subject : *subjects) {
    subject.parser->Parse(text, kTestNow, &parsed);
    CheckSane(parsed, text);
    if (columns_known) continue;
    subject.factory.NewParser()->Parse(text, kTestNow, &fresh);
    Require(Show(parsed) == Show(fresh), "depends on the lines before", text);
  }
}

void CheckLines(std::string_view text) {
  std::vector<Subject> subjects;
  for (ParserKind kind : {ParserKind::kAuto, ParserKind::kJson, ParserKind::kLogfmt, ParserKind::kW3c,
                          ParserKind::kPlain, ParserKind::kRegex}) {
    subjects.emplace_back(kind);
  }
  bool columns_known = false;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    columns_known |= NamesColumns(line);
    CheckLine(line, columns_known, &subjects);
    text.remove_prefix(line.size() < text.size() ? line.size() + 1 : line.size());
  }
}

}  // namespace
}  // namespace sluice::agent

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  sluice::agent::CheckLines({reinterpret_cast<const char*>(data), size});
  return 0;
}
