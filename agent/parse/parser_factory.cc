#include "agent/parse/parser_factory.h"

#include <utility>

#include "agent/parse/access.h"
#include "agent/parse/auto_parser.h"
#include "agent/parse/json.h"
#include "agent/parse/logfmt.h"
#include "agent/parse/plain.h"
#include "agent/parse/regex.h"
#include "agent/parse/w3c.h"
#include "base/strings.h"

namespace sluice::agent {
namespace {

// A format that is a function.
template <auto kParse>
class FunctionParser final : public LineParser {
 public:
  void Parse(std::string_view line, int64_t read_unix_nano, ParsedLine* out) override {
    out->Clear();
    times_.set_now(read_unix_nano);
    kParse(line, &times_, out);
  }

 private:
  TimeReader times_;
};

class W3cParser final : public LineParser {
 public:
  void Parse(std::string_view line, int64_t read_unix_nano, ParsedLine* out) override {
    out->Clear();
    times_.set_now(read_unix_nano);
    if (columns_.ReadDirective(line) || columns_.ParseRow(line, &times_, out)) return;
    ParseAccess(line, &times_, out);
  }

 private:
  TimeReader times_;
  W3cColumns columns_;
};

constexpr size_t kParserBytesMax = 100;
static_assert(sizeof(AutoParser) <= kParserBytesMax && sizeof(W3cParser) <= kParserBytesMax &&
              sizeof(RegexParser) <= kParserBytesMax);

struct NamedKind {
  std::string_view name;
  ParserKind kind;
};
constexpr NamedKind kKinds[] = {
    {"auto", ParserKind::kAuto}, {"json", ParserKind::kJson},   {"logfmt", ParserKind::kLogfmt},
    {"w3c", ParserKind::kW3c},   {"plain", ParserKind::kPlain}, {"regex", ParserKind::kRegex},
};

}  // namespace

absl::StatusOr<ParserKind> ParserKindFromText(std::string_view text) {
  for (const NamedKind& known : kKinds) {
    if (text == known.name) return known.kind;
  }
  return absl::InvalidArgumentError(
      StrCat("found parser '", text, "'; allowed are auto, json, logfmt, w3c, plain, regex"));
}

absl::StatusOr<ParserFactory> ParserFactory::Create(ParserKind kind, const std::string& regex) {
  if (kind != ParserKind::kRegex) {
    if (regex.empty()) return ParserFactory(kind, nullptr);
    return absl::InvalidArgumentError("a regex is given, but the parser is another; set parser: regex or leave it out");
  }
  if (regex.empty()) return absl::InvalidArgumentError("parser: regex needs an expression in the key regex");
  auto compiled = CompiledRegex::Compile(regex);
  if (!compiled.ok()) return compiled.status();
  return ParserFactory(kind, *std::move(compiled));
}

std::unique_ptr<LineParser> ParserFactory::NewParser() const {
  switch (kind_) {
    case ParserKind::kAuto:
      return std::make_unique<AutoParser>();
    case ParserKind::kJson:
      return std::make_unique<FunctionParser<ParseJson>>();
    case ParserKind::kLogfmt:
      return std::make_unique<FunctionParser<ParseLogfmt>>();
    case ParserKind::kW3c:
      return std::make_unique<W3cParser>();
    case ParserKind::kPlain:
      return std::make_unique<FunctionParser<ParsePlain>>();
    case ParserKind::kRegex:
      return std::make_unique<RegexParser>(regex_);
  }
  return nullptr;
}

}  // namespace sluice::agent
