// Makes line parsers as a source's configuration asks for them.
//
//   SLUICE_ASSIGN_OR_RETURN(ParserFactory factory, ParserFactory::Create(ParserKind::kAuto, ""));  // a source's
//   std::unique_ptr<LineParser> parser = factory.NewParser();                                      // a file's
//   ParsedLine parsed;                                                                             // a thread's
//   parser->Parse(line, read_unix_nano, &parsed);
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "agent/parse/line_parser.h"

namespace sluice::agent {

enum class ParserKind {
  kAuto,    // whichever of the following fits the line
  kJson,    // a JSON object: its top-level level and time
  kLogfmt,  // level=info time=…
  kW3c,     // access logs: common, combined, W3C extended
  kPlain,   // syslog, klog, and text with a time and a level at its beginning
  kRegex,   // the source's own expression
};

// "auto", "json", "logfmt", "w3c", "plain", "regex". InvalidArgument says what is allowed.
absl::StatusOr<ParserKind> ParserKindFromText(std::string_view text);

class CompiledRegex;

// Makes the parsers of a source. Immutable, thread-safe, cheap to copy.
class ParserFactory {
 public:
  // `regex`: for kRegex an RE2 expression that is searched in the line, else empty. Its named groups become attributes;
  // one named time, timestamp, ts, … gives also the time, one named level, severity, lvl, … the severity.
  // InvalidArgument if it is no RE2 expression (with RE2's reason), names no group, or too many.
  static absl::StatusOr<ParserFactory> Create(ParserKind kind, const std::string& regex);

  std::unique_ptr<LineParser> NewParser() const;

 private:
  ParserFactory(ParserKind kind, std::shared_ptr<const CompiledRegex> regex) : kind_(kind), regex_(std::move(regex)) {}

  ParserKind kind_;
  std::shared_ptr<const CompiledRegex> regex_;  // kRegex only
};

}  // namespace sluice::agent
