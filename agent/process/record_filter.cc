#include "agent/process/record_filter.h"

#include <algorithm>

#include "base/status.h"

namespace sluice::agent {
namespace {

// Spreads offsets, which are close to each other, over all numbers (the finalizer of SplitMix64).
uint64_t Mix(uint64_t value) {
  value += 0x9e3779b97f4a7c15;
  value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9;
  value = (value ^ value >> 27) * 0x94d049bb133111eb;
  return value ^ value >> 31;
}

}  // namespace

absl::StatusOr<std::vector<RecordFilter::Rule>> RecordFilter::Compile(std::string_view name,
                                                                      const std::vector<FilterRule>& rules) {
  std::vector<Rule> compiled;
  for (const FilterRule& rule : rules) {
    Rule& added = compiled.emplace_back(Rule{rule.severity, nullptr});
    if (rule.regex.empty()) {
      if (rule.severity != v1::SEVERITY_UNSPECIFIED) continue;
      return InvalidArgument(name, "[", compiled.size() - 1, "]: a rule needs a severity or a regex");
    }
    absl::StatusOr<std::shared_ptr<const LinePattern>> pattern = LinePattern::Compile(rule.regex);
    if (!pattern.ok()) return Annotate(pattern.status(), StrCat(name, "[", compiled.size() - 1, "]"));
    added.pattern = *std::move(pattern);
  }
  return compiled;
}

absl::StatusOr<RecordFilter> RecordFilter::Create(const FilterOptions& options) {
  RecordFilter filter;
  SLUICE_ASSIGN_OR_RETURN(filter.keep_, Compile("keep", options.keep));
  SLUICE_ASSIGN_OR_RETURN(filter.drop_, Compile("drop", options.drop));
  filter.sample_rate_ = options.sample_rate;
  filter.sample_below_ = options.sample_below;
  filter.active_ = !filter.keep_.empty() || !filter.drop_.empty() || filter.sample_rate_ > 1;
  return filter;
}

uint64_t RecordFilter::SeedOf(const v1::FileIdentity& file) {
  // Not the device: its number may change when the host starts again.
  return Mix(Mix(file.inode() ^ file.birth_time_unix_nano()) + file.generation());
}

RecordFilter::Verdict RecordFilter::Judge(std::string_view body, v1::Severity severity, uint64_t file_seed,
                                          uint64_t offset) const {
  const bool known = severity != v1::SEVERITY_UNSPECIFIED;
  const auto matches = [body](const Rule& rule) { return rule.pattern == nullptr || rule.pattern->Matches(body); };
  const auto keeps = [&](const Rule& rule) { return (!known || severity >= rule.severity) && matches(rule); };
  const auto drops = [&](const Rule& rule) {
    const bool below = rule.severity == v1::SEVERITY_UNSPECIFIED || (known && severity < rule.severity);
    return below && matches(rule);
  };
  if (!keep_.empty() && std::none_of(keep_.begin(), keep_.end(), keeps)) return Verdict::kFiltered;
  if (std::any_of(drop_.begin(), drop_.end(), drops)) return Verdict::kFiltered;
  if (sample_rate_ <= 1) return Verdict::kKeep;
  const bool sampled = sample_below_ == v1::SEVERITY_UNSPECIFIED || (known && severity < sample_below_);
  return sampled && Mix(file_seed ^ offset) % sample_rate_ != 0 ? Verdict::kSampledOut : Verdict::kKeep;
}

}  // namespace sluice::agent
