// Parts of a path by name: "{service}/{env}/*.log".
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "re2/re2.h"

namespace sluice::agent {

// A glob (base/glob.h, of paths) in which {name}, a name of letters, digits and '_' that begins with a letter, stands
// for one or more characters but '/'. Alternatives have a comma: {a,b}. Immutable; thread-safe.
class PathCaptures {
 public:
  // InvalidArgument if a name stands twice, or is {dir}, {file}, {source} or {agent}, which topics know already.
  static absl::StatusOr<PathCaptures> Compile(std::string_view pattern);

  // The glob, with '*' for each capture.
  const std::string& glob() const { return glob_; }
  const std::vector<std::string>& names() const { return names_; }
  // Adds what the names stand for in `path`, if it matches; true then.
  bool Match(std::string_view path, std::map<std::string, std::string>* values) const;

 private:
  std::string glob_;
  std::vector<std::string> names_;
  std::shared_ptr<const re2::RE2> regex_;  // null without captures
};

}  // namespace sluice::agent
