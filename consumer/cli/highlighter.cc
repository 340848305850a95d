#include "consumer/cli/highlighter.h"

#include <utility>

#include "base/text.h"
#include "consumer/cli/color.h"

namespace sluice::cli {

Highlighter::Highlighter(std::string contains, const std::string& regex) : contains_(std::move(contains)) {
  if (regex.empty()) return;
  auto compiled = std::make_unique<const RE2>(regex, RE2::Quiet);
  if (compiled->ok()) regex_ = std::move(compiled);
}

void Highlighter::Append(std::string_view line, std::string* out) const {
  size_t at = 0;
  while (at < line.size()) {
    std::string_view match = Find(line, at);
    size_t begin = match.data() - line.data();
    AppendVisible(line.substr(at, begin - at), false, out);
    if (!match.empty()) {
      *out += kFound;
      AppendVisible(match, false, out);
      *out += kReset;
    }
    at = begin + match.size();
  }
}

std::string_view Highlighter::Find(std::string_view line, size_t at) const {
  std::string_view found = line.substr(line.size());
  if (!contains_.empty()) {
    size_t begin = line.find(contains_, at);
    if (begin != std::string_view::npos) found = line.substr(begin, contains_.size());
  }
  re2::StringPiece match;
  if (regex_ != nullptr &&
      regex_->Match(re2::StringPiece(line.data(), line.size()), at, line.size(), RE2::UNANCHORED, &match, 1) &&
      !match.empty() && match.data() < found.data()) {
    found = line.substr(match.data() - line.data(), match.size());
  }
  return found;
}

}  // namespace sluice::cli
