// `parser: NAME` with a format's name: what is not of that format is plain text, and says so.
#pragma once

#include <memory>
#include <string_view>
#include <type_traits>
#include <utility>

#include "agent/parse/formats.h"
#include "agent/parse/line_parser.h"
#include "agent/parse/plain.h"
#include "agent/parse/timestamp.h"

namespace sluice::agent {

template <typename Format>
class ExplicitParser final : public LineParser {
 public:
  explicit ExplicitParser(std::shared_ptr<const FormatOptions> options)
      : options_(std::move(options)), times_(options_->zone.get()), format_(MakeFormat()) {}

  void Parse(std::string_view line, int64_t read_unix_nano, ParsedLine* out) override {
    out->Clear();
    times_.set_now(read_unix_nano);
    if (line.empty()) return;
    const std::string_view reason = format_.Parse(line, *options_, &times_, out);
    if (!reason.empty()) [[unlikely]] {
      out->Clear();
      ParsePlain(line, &times_, out);
      out->Fail(reason);
    }
    out->SayWhatIsOmitted();
  }

  void Recall(std::string_view lines) override {
    if constexpr (std::is_same_v<Format, W3cFormat>) format_.columns.ReadDirectives(lines);
  }

 private:
  Format MakeFormat() const {
    if constexpr (std::is_constructible_v<Format, const FormatOptions&>) {
      return Format(*options_);
    } else {
      return Format();
    }
  }

  const std::shared_ptr<const FormatOptions> options_;
  TimeReader times_;
  Format format_;
};

}  // namespace sluice::agent
