#include "base/glob_oracle.h"

#include <cstddef>
#include <string>
#include <vector>

namespace sluice {
namespace {

// The size of the set that `pattern` begins with.
size_t SetSize(std::string_view pattern) {
  size_t at = 1;
  if (pattern[at] == '!' || pattern[at] == '^') ++at;
  for (bool first = true; first || pattern[at] != ']'; first = false) at += pattern[at] == '\\' ? 2 : 1;
  return at + 1;
}

bool SetContains(std::string_view set, char c) {
  set = set.substr(1, set.size() - 2);
  const bool negated = set[0] == '!' || set[0] == '^';
  if (negated) set.remove_prefix(1);
  const auto take = [&set] {
    if (set[0] == '\\') set.remove_prefix(1);
    const char taken = set[0];
    set.remove_prefix(1);
    return taken;
  };
  while (!set.empty()) {
    const char first = take();
    char last = first;
    if (set.size() >= 2 && set[0] == '-') {
      set.remove_prefix(1);
      last = take();
    }
    if (first <= c && c <= last) return !negated;
  }
  return negated;
}

// The alternatives of the group that `pattern` begins with; `size` is the group's.
std::vector<std::string_view> Alternatives(std::string_view pattern, size_t* size) {
  std::vector<std::string_view> alternatives;
  int depth = 0;
  size_t begin = 1;
  for (size_t at = 0;; ++at) {
    if (pattern[at] == '\\') {
      ++at;
    } else if (pattern[at] == '[') {
      at += SetSize(pattern.substr(at)) - 1;
    } else if (pattern[at] == '{') {
      ++depth;
    } else if (pattern[at] == ',' && depth == 1) {
      alternatives.push_back(pattern.substr(begin, at - begin));
      begin = at + 1;
    } else if (pattern[at] == '}' && --depth == 0) {
      alternatives.push_back(pattern.substr(begin, at - begin));
      *size = at + 1;
      return alternatives;
    }
  }
}

class Matcher {
 public:
  Matcher(std::string_view text, bool path) : text_(text), path_(path) {}

  bool Matches(std::string_view pattern, size_t at) const {
    if (pattern.empty()) return at == text_.size();
    switch (pattern[0]) {
      case '{': {
        size_t size = 0;
        for (std::string_view alternative : Alternatives(pattern, &size)) {
          // A ',' between stars keeps those of two alternatives apart; so does what stands around a group.
          if (MatchesJoined(alternative, pattern.substr(size), at)) return true;
        }
        return false;
      }
      case '*':
        return MatchesStars(pattern, at);
      case '?':
        return at < text_.size() && !IsSeparator(at) && Matches(pattern.substr(1), at + 1);
      case '[': {
        const size_t size = SetSize(pattern);
        return at < text_.size() && !IsSeparator(at) && SetContains(pattern.substr(0, size), text_[at]) &&
               Matches(pattern.substr(size), at + 1);
      }
      case '\\':
        return at < text_.size() && text_[at] == pattern[1] && Matches(pattern.substr(2), at + 1);
      default:
        return at < text_.size() && text_[at] == pattern[0] && Matches(pattern.substr(1), at + 1);
    }
  }

 private:
  bool IsSeparator(size_t at) const { return path_ && text_[at] == '/'; }

  // Matches `head` and then `tail`, which are not one pattern: stars at their seam are two times stars.
  bool MatchesJoined(std::string_view head, std::string_view tail, size_t at) const {
    for (size_t end = at; end <= text_.size(); ++end) {
      if (Matcher(text_.substr(0, end), path_).Matches(head, at) && Matches(tail, end)) return true;
    }
    return false;
  }

  bool MatchesStars(std::string_view pattern, size_t at) const {
    size_t stars = 0;
    while (stars < pattern.size() && pattern[stars] == '*') ++stars;
    const std::string_view rest = pattern.substr(stars);
    const bool deep = !path_ || stars >= 2;
    for (size_t end = at;; ++end) {
      if (Matches(rest, end)) return true;
      if (end == text_.size() || (!deep && IsSeparator(end))) break;
    }
    const bool component_start = at == 0 || text_[at - 1] == '/';
    return path_ && stars >= 2 && rest.starts_with('/') && component_start && Matches(rest.substr(1), at);
  }

  const std::string_view text_;
  const bool path_;
};

}  // namespace

bool OracleMatches(std::string_view pattern, std::string_view text, bool path) {
  return Matcher(text, path).Matches(pattern, 0);
}

}  // namespace sluice
