// `parser: auto`: whichever format fits the line.
#pragma once

#include <memory>
#include <string_view>
#include <utility>

#include "agent/parse/formats.h"
#include "agent/parse/line_parser.h"
#include "agent/parse/timestamp.h"
#include "agent/parse/w3c.h"

namespace sluice::agent {

// A line's first bytes decide, so that lines of several formats may stand in one file: a '{' begins JSON, a time or a
// syslog priority text, a time in brackets behind other fields an access log, name=value logfmt, the rest is text.
class AutoParser final : public LineParser {
 public:
  // Of the options, which may be null, the zone only.
  explicit AutoParser(std::shared_ptr<const FormatOptions> options = nullptr)
      : options_(std::move(options)), times_(options_ == nullptr ? nullptr : options_->zone.get()) {}
  void Parse(std::string_view line, int64_t read_unix_nano, ParsedLine* out) override;
  void Recall(std::string_view lines) override { columns_.ReadDirectives(lines); }

 private:
  const std::shared_ptr<const FormatOptions> options_;
  TimeReader times_;
  W3cColumns columns_;
};

// The same, with attributes, and with the severity of a status. Gives the time and the severity that AutoParser gives.
class AutoFieldsParser final : public LineParser {
 public:
  explicit AutoFieldsParser(std::shared_ptr<const FormatOptions> options)
      : options_(std::move(options)), times_(options_->zone.get()), columns_(/*keep_names=*/true) {}
  void Parse(std::string_view line, int64_t read_unix_nano, ParsedLine* out) override;
  void Recall(std::string_view lines) override { columns_.ReadDirectives(lines); }

 private:
  void ParseAny(std::string_view line, ParsedLine* out);
  bool ParseOther(std::string_view line, size_t head, ParsedLine* out);

  const std::shared_ptr<const FormatOptions> options_;
  TimeReader times_;
  W3cColumns columns_;
};

}  // namespace sluice::agent
