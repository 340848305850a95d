#include "agent/process/redacted_line.h"

#include <algorithm>
#include <functional>

namespace sluice::agent {
namespace {

// If `part` is a view into `text`.
bool IsInside(std::string_view text, std::string_view part) {
  const std::less_equal<const char*> not_behind;
  return not_behind(text.data(), part.data()) && not_behind(part.data() + part.size(), text.data() + text.size());
}

}  // namespace

RedactedLine::RedactedLine(std::string_view line, std::string_view redacted)
    : line_(line), redacted_(redacted), has_escapes_(line.find('\\') != line.npos) {
  const size_t common_max = std::min(line.size(), redacted.size());
  while (front_ < common_max && line[front_] == redacted[front_]) ++front_;
  while (end_ < common_max - front_ && line[line.size() - 1 - end_] == redacted[redacted.size() - 1 - end_]) ++end_;
}

bool RedactedLine::Shows(std::string_view part) const {
  return part.empty() || IsInside(line_.substr(0, front_), part) || IsInside(line_.substr(line_.size() - end_), part);
}

bool RedactedLine::ShowsName(std::string_view name) const {
  for (;;) {
    const size_t dot = name.find('.');
    const std::string_view word = name.substr(0, dot);
    const bool is_of_line = has_escapes_ || line_.find(word) != line_.npos;
    if (is_of_line && redacted_.find(word) == redacted_.npos) return false;
    if (dot == name.npos) return true;
    name.remove_prefix(dot + 1);
  }
}

}  // namespace sluice::agent
