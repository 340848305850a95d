#include "consumer/cli/line_cutter.h"

#include <algorithm>

namespace sluice::cli {

bool LineCutter::Feed(std::string_view bytes, const Take& take) {
  while (!bytes.empty()) {
    const size_t newline = bytes.find('\n');
    const size_t line = newline == std::string_view::npos ? bytes.size() : newline;
    // One byte more than fits says that the line goes on.
    const size_t count = std::min(line, part_bytes_max_ + 1 - rest_.size());
    rest_.append(bytes.substr(0, count));
    bytes.remove_prefix(count);
    if (rest_.size() > part_bytes_max_) {
      const v1::LinePart part = split_ ? v1::LINE_PART_MIDDLE : v1::LINE_PART_FIRST;
      if (!take(std::string_view(rest_).substr(0, part_bytes_max_), part)) return false;
      rest_.erase(0, part_bytes_max_);
      split_ = true;
    } else if (count == line && newline != std::string_view::npos) {
      bytes.remove_prefix(1);
      if (!Cut(take, /*newline=*/true)) return false;
    }
  }
  return true;
}

bool LineCutter::End(const Take& take) { return (rest_.empty() && !split_) || Cut(take, /*newline=*/false); }

bool LineCutter::Cut(const Take& take, bool newline) {
  v1::LinePart part = newline ? v1::LINE_PART_UNSPECIFIED : v1::LINE_PART_UNTERMINATED;
  if (split_) part = newline ? v1::LINE_PART_LAST : v1::LINE_PART_LAST_UNTERMINATED;
  const bool more = take(rest_, part);
  rest_.clear();
  split_ = false;
  return more;
}

}  // namespace sluice::cli
