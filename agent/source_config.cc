#include "agent/source_config.h"

#include <cstdlib>
#include <string_view>
#include <utility>
#include <vector>

#include "base/severity.h"
#include "base/status.h"
#include "base/text.h"

namespace sluice::agent {
namespace {

constexpr std::pair<std::string_view, Encoding> kEncodings[] = {{"utf-8", Encoding::kUtf8},
                                                                {"utf-16", Encoding::kUtf16},
                                                                {"utf-16le", Encoding::kUtf16Le},
                                                                {"utf-16be", Encoding::kUtf16Be},
                                                                {"latin-1", Encoding::kLatin1}};
constexpr std::pair<std::string_view, TraceKind> kTraces[] = {
    {"java", TraceKind::kJava}, {"python", TraceKind::kPython}, {"go", TraceKind::kGo}};
constexpr std::pair<std::string_view, SecretKind> kSecrets[] = {
    {"card", kCardNumbers}, {"token", kTokens}, {"email", kEmails}};

constexpr int64_t kLinesMax = 100'000;
constexpr int64_t kSampleRateMax = 1'000'000'000;
constexpr size_t kMaskBytesMax = 64;

template <typename T, size_t N>
std::string Allowed(const std::pair<std::string_view, T> (&known)[N]) {
  std::string all;
  for (const auto& [name, value] : known) StrAppend(&all, all.empty() ? "" : ", ", name);
  return all;
}

template <typename T, size_t N>
const T* Find(const std::pair<std::string_view, T> (&known)[N], std::string_view text) {
  for (const auto& [name, value] : known) {
    if (name == text) return &value;
  }
  return nullptr;
}

// A list, or one that needs no list.
std::vector<std::string> OneOrMore(const ConfigNode& node, std::string_view key) {
  return node.IsList(key) ? node.Strings(key, {}) : std::vector<std::string>{node.String(key, "")};
}

MultilineOptions ReadMultiline(const ConfigNode& node) {
  MultilineOptions options;
  options.start = node.String("start", "");
  options.continuation = node.String("continuation", "");
  options.indented = node.Bool("indented", false);
  if (node.Has("preset")) {
    for (const std::string& name : OneOrMore(node, "preset")) {
      if (const TraceKind* kind = Find(kTraces, name); kind != nullptr) {
        options.presets.push_back(*kind);
      } else {
        node.Fail("preset", StrCat("found ", Quoted(name), "; allowed: ", Allowed(kTraces)));
      }
    }
  }
  options.timeout = node.Duration("timeout", options.timeout, absl::Milliseconds(10), absl::Hours(1));
  options.lines_max = static_cast<size_t>(node.Int("lines_max", static_cast<int64_t>(options.lines_max), 2, kLinesMax));
  const int ways =
      int{node.Has("start")} + int{node.Has("continuation")} + int{node.Has("indented")} + int{node.Has("preset")};
  if (ways != 1) {
    node.Fail("start", StrCat("found ", ways,
                              " ways to tell where a record begins; give one of start, continuation, "
                              "indented: true, preset"));
  } else if (node.Has("indented") && !options.indented) {
    node.Fail("indented", "found false; leave multiline out");
  }
  for (const auto& [key, pattern] :
       {std::pair("start", &options.start), std::pair("continuation", &options.continuation)}) {
    if (!node.Has(key)) continue;
    if (absl::Status status = LinePattern::Compile(*pattern).status(); !status.ok()) {
      node.Fail(key, MessageOf(status));
      pattern->clear();
    }
  }
  return options;
}

v1::Severity ReadSeverity(const ConfigNode& node, std::string_view key) {
  if (!node.Has(key)) return v1::SEVERITY_UNSPECIFIED;
  const std::string text = node.String(key, "");
  const v1::Severity severity = SeverityFromText(text);
  if (severity == v1::SEVERITY_UNSPECIFIED) {
    node.Fail(key, StrCat("found ", Quoted(text), "; allowed: trace, debug, info, warn, error, fatal"));
  }
  return severity;
}

std::vector<FilterRule> ReadRules(const ConfigNode& node, std::string_view key) {
  std::vector<FilterRule> rules;
  for (const ConfigNode& item : node.Maps(key)) {
    FilterRule rule;
    rule.severity = ReadSeverity(item, "severity");
    rule.regex = item.String("regex", "");
    if (!item.Has("severity") && !item.Has("regex")) {
      item.Fail("severity", "a rule needs a severity, such as {severity: warn}, or a regex");
      continue;
    }
    if (item.Has("regex")) {
      if (absl::Status status = LinePattern::Compile(rule.regex).status(); !status.ok()) {
        item.Fail("regex", MessageOf(status));
        continue;
      }
    }
    if (rule.severity != v1::SEVERITY_UNSPECIFIED || !rule.regex.empty()) rules.push_back(std::move(rule));
  }
  return rules;
}

void ReadRedactRule(const ConfigNode& item, std::vector<RedactRule>* rules) {
  RedactRule rule;
  rule.regex = item.String("regex", "");
  rule.mask = item.String("mask", rule.mask);
  if (rule.mask.size() > kMaskBytesMax) {
    return item.Fail("mask", StrCat("found ", rule.mask.size(), " bytes; allowed are ", kMaskBytesMax));
  }
  if (item.Has("regex") == item.Has("preset")) {
    return item.Fail("preset", StrCat("give either a preset (", Allowed(kSecrets), ") or a regex"));
  }
  if (item.Has("preset")) {
    const std::string name = item.String("preset", "");
    const SecretKind* kind = Find(kSecrets, name);
    if (kind == nullptr) return item.Fail("preset", StrCat("found ", Quoted(name), "; allowed: ", Allowed(kSecrets)));
    rule.presets = *kind;
  } else if (absl::Status status = Redactor::Create({rule}).status(); !status.ok()) {
    constexpr std::string_view kWhere = "redact[0]: ";
    std::string_view problem = MessageOf(status);
    if (problem.starts_with(kWhere)) problem.remove_prefix(kWhere.size());
    return item.Fail("regex", problem);
  }
  rules->push_back(std::move(rule));
}

bool IsNameByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

}  // namespace

void ReadFraming(const ConfigNode& node, FramingOptions* options) {
  std::vector<std::string_view> names;
  for (const auto& [name, encoding] : kEncodings) names.push_back(name);
  options->encoding = *Find(kEncodings, node.Choice("encoding", "utf-8", names));
  if (node.Has("multiline")) options->multiline = ReadMultiline(node.Map("multiline"));
}

void ReadProcessing(const ConfigNode& node, ProcessOptions* options) {
  options->filter.keep = ReadRules(node, "keep");
  options->filter.drop = ReadRules(node, "drop");
  if (node.Has("sample")) {
    const ConfigNode sample = node.Map("sample");
    if (!sample.Has("rate")) sample.Fail("rate", "a sample needs a rate: of so many records one is kept");
    options->filter.sample_rate = static_cast<uint32_t>(sample.Int("rate", 1, 1, kSampleRateMax));
    options->filter.sample_below = ReadSeverity(sample, "severity_below");
  }
  for (const ConfigNode& item : node.Maps("redact")) ReadRedactRule(item, &options->redact);
}

std::map<std::string, std::string> ReadLabels(const ConfigNode& node, const std::string& host) {
  std::map<std::string, std::string> labels = node.StringMap("labels");
  for (auto& [name, value] : labels) {
    absl::StatusOr<std::string> expanded = ExpandEnvironment(value, host);
    if (expanded.ok()) {
      value = *std::move(expanded);
    } else {
      node.Fail("labels", StrCat(name, ": ", MessageOf(expanded.status())));
    }
  }
  return labels;
}

absl::StatusOr<std::string> ExpandEnvironment(const std::string& text, const std::string& host) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '$' || i + 1 == text.size() || (text[i + 1] != '{' && text[i + 1] != '$')) {
      out += text[i];
      continue;
    }
    if (text[++i] == '$') {
      out += '$';
      continue;
    }
    size_t end = i + 1;
    while (end < text.size() && IsNameByte(text[end])) ++end;
    if (end == text.size() || text[end] != '}' || end == i + 1) {
      return InvalidArgument("found ", Quoted(text), "; expected ${NAME}, or $$ for a '$'");
    }
    const std::string name = text.substr(i + 1, end - i - 1);
    const char* const value = name == "HOSTNAME" ? host.c_str() : std::getenv(name.c_str());
    if (value == nullptr) return InvalidArgument("found ${", name, "}; the environment has no such variable");
    out += value;
    i = end;
  }
  return out;
}

}  // namespace sluice::agent
