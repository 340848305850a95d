#include "agent/parse/parser_factory.h"

#include <string>
#include <utility>

#include "agent/parse/auto_parser.h"
#include "agent/parse/explicit_parser.h"
#include "agent/parse/formats.h"
#include "agent/parse/plain.h"
#include "agent/parse/regex.h"
#include "agent/parse/zone_offsets.h"
#include "base/status.h"

namespace sluice::agent {
namespace {

class PlainParser final : public LineParser {
 public:
  explicit PlainParser(std::shared_ptr<const FormatOptions> options)
      : options_(std::move(options)), times_(options_->zone.get()) {}

  void Parse(std::string_view line, int64_t read_unix_nano, ParsedLine* out) override {
    out->Clear();
    times_.set_now(read_unix_nano);
    ParsePlain(line, &times_, out);
  }

 private:
  const std::shared_ptr<const FormatOptions> options_;
  TimeReader times_;
};

constexpr size_t kParserBytesMax = 100;
static_assert(sizeof(AutoParser) <= kParserBytesMax && sizeof(AutoFieldsParser) <= kParserBytesMax &&
              sizeof(ExplicitParser<W3cFormat>) <= kParserBytesMax);

struct NamedKind {
  std::string_view name;
  ParserKind kind;
};
constexpr NamedKind kKinds[] = {
    {"auto", ParserKind::kAuto},   {"json", ParserKind::kJson},     {"logfmt", ParserKind::kLogfmt},
    {"w3c", ParserKind::kW3c},     {"syslog", ParserKind::kSyslog}, {"klog", ParserKind::kKlog},
    {"plain", ParserKind::kPlain}, {"regex", ParserKind::kRegex},   {"glog", ParserKind::kKlog},
};

FieldSelection DefaultFields(ParserKind kind) {
  return kind == ParserKind::kAuto || kind == ParserKind::kPlain ? FieldSelection::None() : FieldSelection::All();
}

absl::Status Check(const ParserOptions& options) {
  if (options.kind != ParserKind::kRegex && !options.regex.empty()) {
    return InvalidArgument("a regex is given, but the parser is another; set parser: regex or leave it out");
  }
  if (options.kind == ParserKind::kRegex && options.regex.empty()) {
    return InvalidArgument("parser: regex needs an expression in the key regex");
  }
  if (options.kind == ParserKind::kPlain && options.fields.has_value() && !options.fields->none()) {
    return InvalidArgument("fields are given, but parser: plain finds none; name another parser or leave them out");
  }
  if (options.severity_from_status && options.kind != ParserKind::kAuto && options.kind != ParserKind::kW3c) {
    return InvalidArgument("severity_from_status is for parser: w3c and auto");
  }
  return absl::OkStatus();
}

template <typename Format>
std::unique_ptr<LineParser> Explicit(const std::shared_ptr<const FormatOptions>& options) {
  return std::make_unique<ExplicitParser<Format>>(options);
}

}  // namespace

std::vector<std::string_view> ParserKindNames() {
  std::vector<std::string_view> names;
  for (const NamedKind& known : kKinds) names.push_back(known.name);
  return names;
}

absl::StatusOr<ParserKind> ParserKindFromText(std::string_view text) {
  for (const NamedKind& known : kKinds) {
    if (text == known.name) return known.kind;
  }
  std::string allowed;
  for (std::string_view name : ParserKindNames()) StrAppend(&allowed, allowed.empty() ? "" : ", ", name);
  return InvalidArgument("found parser '", text, "'; allowed are ", allowed);
}

absl::StatusOr<ParserFactory> ParserFactory::Create(ParserOptions options) {
  SLUICE_RETURN_IF_ERROR(Check(options));
  auto format = std::make_shared<FormatOptions>();
  format->fields = options.fields.has_value() ? *std::move(options.fields) : DefaultFields(options.kind);
  format->severity_from_status = options.severity_from_status;
  if (options.time_zone != "UTC") {
    SLUICE_ASSIGN_OR_RETURN(format->zone, ZoneOffsets::Load(options.time_zone));
  }
  if (options.kind == ParserKind::kRegex) {
    SLUICE_ASSIGN_OR_RETURN(format->regex, CompiledRegex::Compile(options.regex, format->fields));
  }
  return ParserFactory(options.kind, std::move(format));
}

std::unique_ptr<LineParser> ParserFactory::NewParser() const {
  switch (kind_) {
    case ParserKind::kAuto:
      if (options_->fields.none() && !options_->severity_from_status) return std::make_unique<AutoParser>(options_);
      return std::make_unique<AutoFieldsParser>(options_);
    case ParserKind::kJson:
      return Explicit<JsonFormat>(options_);
    case ParserKind::kLogfmt:
      return Explicit<LogfmtFormat>(options_);
    case ParserKind::kW3c:
      return Explicit<W3cFormat>(options_);
    case ParserKind::kSyslog:
      return Explicit<SyslogFormat>(options_);
    case ParserKind::kKlog:
      return Explicit<KlogFormat>(options_);
    case ParserKind::kPlain:
      return std::make_unique<PlainParser>(options_);
    case ParserKind::kRegex:
      return Explicit<RegexFormat>(options_);
  }
  return nullptr;
}

}  // namespace sluice::agent
