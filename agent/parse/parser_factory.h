// Makes line parsers as a source's configuration asks for them.
//
//   SLUICE_ASSIGN_OR_RETURN(ParserFactory factory, ParserFactory::Create({.kind = ParserKind::kAuto}));  // a source's
//   std::unique_ptr<LineParser> parser = factory.NewParser();                                            // a file's
//   ParsedLine parsed;                                                                                   // a thread's
//   parser->Parse(line, read_unix_nano, &parsed);
#pragma once

#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "agent/parse/line_parser.h"
#include "agent/parse/parser_options.h"

namespace sluice::agent {

// "auto", "json", "logfmt", "w3c", "syslog", "klog" (and "glog"), "plain", "regex".
std::vector<std::string_view> ParserKindNames();
// InvalidArgument says what is allowed.
absl::StatusOr<ParserKind> ParserKindFromText(std::string_view text);

struct FormatOptions;

// Makes the parsers of a source. Immutable, thread-safe, cheap to copy.
//
// A line that is not of the format that is named explicitly is parsed as plain text, and has parse_error. An empty line
// is of every format.
class ParserFactory {
 public:
  // With a regex, its named groups become attributes; one named time, timestamp, ts, … gives also the time, one named
  // level, severity, lvl, … the severity.
  // InvalidArgument if it is no RE2 expression (with RE2's reason), names no group, or too many; if the time zone is
  // not known; and if an option is given that is not of this kind.
  static absl::StatusOr<ParserFactory> Create(ParserOptions options);

  std::unique_ptr<LineParser> NewParser() const;

 private:
  ParserFactory(ParserKind kind, std::shared_ptr<const FormatOptions> options)
      : kind_(kind), options_(std::move(options)) {}

  ParserKind kind_;
  std::shared_ptr<const FormatOptions> options_;
};

}  // namespace sluice::agent
