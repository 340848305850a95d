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

// "(?i)": a repetition behind it would be one of what stands before it.
bool IsFlags(std::string_view rest) {
  return rest.starts_with("(?") && rest.find_first_not_of("imsU-", 2) == rest.find(')');
}

// True only if each match of the expression begins as the expression does: there is no '|' that gives it another way.
bool HasOneBeginning(std::string_view pattern) {
  if (pattern.find("\\Q") != pattern.npos) return false;
  int depth = 0;
  for (size_t i = 0; i < pattern.size(); ++i) {
    switch (pattern[i]) {
      case '\\':
        ++i;
        break;
      case '[':
        i = EndOfSet(pattern, i);
        break;
      case '(':
        if (IsFlags(pattern.substr(i))) return false;
        ++depth;
        break;
      case ')':
        --depth;
        break;
      case '|':
        if (depth == 0) return false;
        break;
      default:
        break;
    }
  }
  return true;
}

// True only if each match of the expression begins where the text does, and is about no byte behind itself.
bool BeginsWithText(std::string_view pattern) {
  if (!pattern.starts_with('^') || !HasOneBeginning(pattern)) return false;
  if (pattern.find_first_of("*+?{", 1) == 1) return false;  // of the '^' itself
  for (const std::string_view looks_behind : {"$", "\\b", "\\B", "\\z"}) {
    if (pattern.find(looks_behind) != pattern.npos) return false;
  }
  return true;
}

// The text that each match begins with; empty if there is none.
std::string BeginningOfMatches(std::string_view pattern) {
  constexpr std::string_view kSpecial = R"(.[]()|^$*+?{}\)";
  if (!HasOneBeginning(pattern)) return "";
  std::string text;
  size_t last = 0;  // where the last character of `text` begins
  size_t i = 0;
  for (; i < pattern.size(); ++i) {
    char c = pattern[i];
    if (c == '\\' && i + 1 < pattern.size() && kSpecial.find(pattern[i + 1]) != kSpecial.npos) {
      c = pattern[++i];
    } else if (kSpecial.find(c) != kSpecial.npos) {
      break;
    }
    if ((static_cast<uint8_t>(c) & 0xc0) != 0x80) last = text.size();
    text.push_back(c);
  }
  // It may be there not at all.
  if (i < pattern.size() && (pattern[i] == '*' || pattern[i] == '?' || pattern[i] == '{')) text.resize(last);
  return text;
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
  compiled->beginning_ = BeginningOfMatches(pattern);
  return compiled;
}

bool LinePattern::Searches(std::string_view line) const {
  const re2::StringPiece text(line.data(), line.size());
  return regex_.Match(text, 0, text.size(), re2::RE2::UNANCHORED, nullptr, 0);
}

}  // namespace sluice
