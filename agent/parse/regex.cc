#include "agent/parse/regex.h"

#include "base/strings.h"

namespace sluice::agent {

absl::StatusOr<std::shared_ptr<const CompiledRegex>> CompiledRegex::Compile(const std::string& pattern,
                                                                            const FieldSelection& fields) {
  if (pattern.size() > kPatternBytesMax) {
    return absl::InvalidArgumentError(StrCat("regex has ", pattern.size(), " bytes; allowed are ", kPatternBytesMax));
  }
  re2::RE2::Options options;
  options.set_log_errors(false);
  std::shared_ptr<CompiledRegex> compiled(new CompiledRegex(pattern, options));
  const re2::RE2& regex = compiled->regex_;
  if (!regex.ok()) {
    return absl::InvalidArgumentError(StrCat("regex '", pattern, "' is no RE2 expression: ", regex.error()));
  }
  if (regex.NumberOfCapturingGroups() > kGroupsMax) {
    return absl::InvalidArgumentError(StrCat("regex '", pattern, "' has ", regex.NumberOfCapturingGroups(),
                                             " groups; at most ", kGroupsMax, " are allowed, (?:…) does not count"));
  }
  for (const auto& [number, name] : regex.CapturingGroupNames()) {
    compiled->groups_.push_back({number, name, MeaningOf(name), fields.Wants(name)});
  }
  if (compiled->groups_.empty()) {
    return absl::InvalidArgumentError(
        StrCat("regex '", pattern, "' names no group; write (?P<level>…) or (?P<time>…) around what is wanted"));
  }
  return compiled;
}

bool CompiledRegex::Parse(std::string_view line, TimeReader* times, ParsedLine* out) const {
  re2::StringPiece matched[1 + kGroupsMax];
  const re2::StringPiece text(line.data(), line.size());
  if (!regex_.Match(text, 0, text.size(), re2::RE2::UNANCHORED, matched, 1 + regex_.NumberOfCapturingGroups()))
    return false;
  for (const Group& group : groups_) {
    const re2::StringPiece& part = matched[group.number];
    if (part.data() == nullptr) continue;
    const std::string_view value(part.data(), part.size());
    if (group.wanted) out->AddField(group.name, value);
    TakeField(group.meaning, value, times, out);
  }
  out->attributes_are_whole = false;  // \C matches one byte
  return true;
}

}  // namespace sluice::agent
