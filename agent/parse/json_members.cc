#include "agent/parse/json_members.h"

namespace sluice::agent::internal {

const char* FindNestedEnd(const char* begin, const char* end, const char* p) {
  MarkScanner<MarkKind::kBrackets> marks(begin, end, p);
  size_t depth = 0;
  for (const char* mark = marks.Next(); mark < end; mark = marks.Next()) {
    if (*mark == '"') {
      const char* const content = mark + 1;
      do {
        mark = marks.Next();
      } while (mark < end && (*mark != '"' || IsEscaped(content, mark)));
      if (mark == end) return nullptr;
    } else if ((*mark | 0x20) == '{') {
      ++depth;
    } else if (--depth == 0) {
      return mark + 1;
    }
  }
  return nullptr;
}

const char* SkipJsonSpace(const char* p, const char* end) {
  while (p < end && (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n')) ++p;
  return p;
}

}  // namespace sluice::agent::internal
