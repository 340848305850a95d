#include "agent/frame/multiline_rule.h"

#include <algorithm>

#include "base/status.h"

namespace sluice::agent {
namespace {

bool Has(const std::vector<TraceKind>& presets, TraceKind kind) {
  return std::find(presets.begin(), presets.end(), kind) != presets.end();
}

}  // namespace

absl::StatusOr<MultilineRule> MultilineRule::Create(const MultilineOptions& options) {
  MultilineRule rule;
  if (!options.start.empty() || !options.continuation.empty()) {
    const bool start = !options.start.empty();
    rule.kind_ = start ? Kind::kStart : Kind::kContinuation;
    absl::StatusOr<std::shared_ptr<const LinePattern>> pattern =
        LinePattern::Compile(start ? options.start : options.continuation);
    if (!pattern.ok()) return Annotate(pattern.status(), start ? "start" : "continuation");
    rule.pattern_ = *std::move(pattern);
  } else if (!options.presets.empty()) {
    rule.kind_ = Kind::kPresets;
    rule.java_ = Has(options.presets, TraceKind::kJava);
    rule.python_ = Has(options.presets, TraceKind::kPython);
    rule.go_ = Has(options.presets, TraceKind::kGo);
  }
  return rule;
}

void MultilineRule::FirstOfTrace(std::string_view line, State* state) const {
  if (java_) state->java = FirstOfJava(line);
  if (python_) state->python = FirstOfPython(line);
  if (go_) state->go = FirstOfGo(line);
}

LineVerdict MultilineRule::NextOfTrace(std::string_view line, State* state) const {
  // The beginning of a trace goes on with a line of a logger, and not with another language's trace.
  const bool in_trace = (state->java | state->python | state->go) != 0;
  LineVerdict verdict = LineVerdict::kBegins;
  if (java_ && (!in_trace || state->java != 0)) verdict = std::max(verdict, NextOfJava(line, &state->java));
  if (python_ && (!in_trace || state->python != 0)) verdict = std::max(verdict, NextOfPython(line, &state->python));
  if (go_ && (!in_trace || state->go != 0)) verdict = std::max(verdict, NextOfGo(line, &state->go));
  return verdict;
}

}  // namespace sluice::agent
