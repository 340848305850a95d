#include "base/line_pattern.h"

#include "base/status.h"
#include "base/text.h"

namespace sluice {
namespace {

// The place of the ']' that ends the set that begins at `i`.
size_t EndOfSet(std::string_view pattern, size_t i) {
  i += pattern.substr(i).starts_with("[^") ? 2 : 1;
  for (const size_t first = i; i < pattern.size() && (pattern[i] != ']' || i == first); ++i) {
    if (pattern[i] == '\\') ++i;
    if (pattern.substr(i).starts_with("[:")) i = pattern.find(":]", i) + 1;
  }
  return i;
}

// True only if each match of the expression begins where the text does: it begins with '^', and has no other way than
// that.
bool BeginsWithText(std::string_view pattern) {
  if (!pattern.starts_with('^') || pattern.find("\\Q") != pattern.npos) return false;
  int depth = 0;
  for (size_t i = 1; i < pattern.size(); ++i) {
    switch (pattern[i]) {
      case '\\':
        ++i;
        break;
      case '[':
        i = EndOfSet(pattern, i);
        break;
      case '(':
        ++depth;
        break;
      case ')':
        --depth;
        break;
      case '|':
        if (depth == 0) return false;
        break;
      case '*':
      case '+':
      case '?':
      case '{':
        if (i == 1) return false;  // of the '^' itself
        break;
      default:
        break;
    }
  }
  return true;
}

}  // namespace

absl::StatusOr<std::shared_ptr<const LinePattern>> LinePattern::Compile(const std::string& pattern) {
  if (pattern.empty()) return InvalidArgument("found \"\"; expected an RE2 expression");
  if (pattern.size() > kBytesMax) {
    return InvalidArgument("found an expression of ", pattern.size(), " bytes; allowed are ", kBytesMax);
  }
  re2::RE2::Options options;
  options.set_log_errors(false);
  std::shared_ptr<LinePattern> compiled(new LinePattern(pattern, options));
  if (!compiled->regex_.ok()) {
    return InvalidArgument("found ", Quoted(pattern), "; it is no RE2 expression: ", compiled->regex_.error());
  }
  std::string min;
  std::string max;
  if (BeginsWithText(pattern) && compiled->regex_.PossibleMatchRange(&min, &max, 4) && !min.empty() && !max.empty()) {
    compiled->anchored_ = true;
    compiled->first_min_ = static_cast<uint8_t>(min[0]);
    compiled->first_max_ = static_cast<uint8_t>(max[0]);
  }
  return compiled;
}

bool LinePattern::Searches(std::string_view line) const {
  const re2::StringPiece text(line.data(), line.size());
  return regex_.Match(text, 0, text.size(), re2::RE2::UNANCHORED, nullptr, 0);
}

}  // namespace sluice
