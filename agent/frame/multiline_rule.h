// Which lines go on with the record that the lines before began. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "agent/frame/stack_traces.h"
#include "base/line_pattern.h"

namespace sluice::agent {

// One way to tell: the first that is set.
struct MultilineOptions {
  std::string start = {};                     // RE2: a line that has a match begins a record, every other one goes on
  std::string continuation = {};              // RE2: a line that has a match goes on, every other one begins a record
  bool indented = false;                      // a line that begins with a blank or a tab goes on
  std::vector<TraceKind> presets = {};        // what belongs to a stack trace goes on
  absl::Duration timeout = absl::Seconds(1);  // the last record of a file is sent when it has not grown for so long
  size_t lines_max = 500;                     // more lines make more parts

  friend bool operator==(const MultilineOptions&, const MultilineOptions&) = default;
};

// Immutable; thread-safe.
class MultilineRule {
 public:
  // What the lines of a record so far tell of the next one.
  struct State {
    TraceState java = 0;
    TraceState python = 0;
    TraceState go = 0;
  };

  // InvalidArgument says "start: …" or "continuation: …" and RE2's reason.
  static absl::StatusOr<MultilineRule> Create(const MultilineOptions& options);

  // Lines come without their newline and without a CR before it.
  void First(std::string_view line, State* state) const {
    *state = State();
    if (kind_ == Kind::kPresets) FirstOfTrace(line, state);
  }
  LineVerdict Next(std::string_view line, State* state) const {
    switch (kind_) {
      case Kind::kStart:
        return pattern_->Matches(line) ? LineVerdict::kBegins : LineVerdict::kContinues;
      case Kind::kContinuation:
        return pattern_->Matches(line) ? LineVerdict::kContinues : LineVerdict::kBegins;
      case Kind::kIndented:
        return !line.empty() && (line[0] == ' ' || line[0] == '\t') ? LineVerdict::kContinues : LineVerdict::kBegins;
      case Kind::kPresets:
        return NeverInTrace(line) ? LineVerdict::kBegins : NextOfTrace(line, state);
    }
    return LineVerdict::kBegins;
  }

 private:
  enum class Kind : uint8_t { kStart, kContinuation, kIndented, kPresets };

  void FirstOfTrace(std::string_view line, State* state) const;
  LineVerdict NextOfTrace(std::string_view line, State* state) const;

  Kind kind_ = Kind::kIndented;
  bool java_ = false;
  bool python_ = false;
  bool go_ = false;
  std::shared_ptr<const LinePattern> pattern_;  // kStart, kContinuation
};

}  // namespace sluice::agent
