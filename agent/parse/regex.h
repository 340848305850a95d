// `parser: regex`: the source's own expression.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "agent/parse/field.h"
#include "agent/parse/field_selection.h"
#include "agent/parse/parsed_line.h"
#include "agent/parse/timestamp.h"
#include "re2/re2.h"

namespace sluice::agent {

// An expression and what its named groups tell. Immutable, thread-safe.
class CompiledRegex {
 public:
  struct Group {
    int number;
    std::string name;
    FieldMeaning meaning;
    bool wanted;  // becomes an attribute
  };
  static constexpr int kGroupsMax = 32;  // named or not
  static constexpr size_t kPatternBytesMax = 4096;

  // InvalidArgument with the reason.
  static absl::StatusOr<std::shared_ptr<const CompiledRegex>> Compile(const std::string& pattern,
                                                                      const FieldSelection& fields);

  // Fills in the attributes, time and severity of a line that has a match. Groups without a part in it are left out.
  // False if there is no match.
  bool Parse(std::string_view line, TimeReader* times, ParsedLine* out) const;

 private:
  CompiledRegex(const std::string& pattern, const re2::RE2::Options& options) : regex_(pattern, options) {}

  re2::RE2 regex_;
  std::vector<Group> groups_;  // the named ones
};

}  // namespace sluice::agent
