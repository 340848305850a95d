#include "agent/parse/prefix.h"

#include "agent/parse/civil.h"
#include "base/severity.h"

namespace sluice::agent {

size_t ReadSyslogPriority(std::string_view text, ParsedLine* out) {
  constexpr int kPriorityMax = 191;  // facility 23, severity 7
  size_t size = 1;
  int priority = 0;
  if (!text.starts_with('<')) return 0;
  while (size < text.size() && size <= 3 && IsDigit(text[size])) priority = priority * 10 + (text[size++] - '0');
  if (size == 1 || size == text.size() || text[size] != '>' || priority > kPriorityMax) return 0;
  ++size;
  if (out->severity == v1::SEVERITY_UNSPECIFIED) {
    out->severity = SeverityFromSyslog(priority % 8);
    out->severity_text = text.substr(0, size);
  }
  return text.substr(size).starts_with("1 ") ? size + 2 : size;
}

size_t ReadKlogHeader(std::string_view text, TimeReader* times, ParsedLine* out) {
  if (text.size() < 2 || !IsDigit(text[1]) || std::string_view("IWEF").find(text[0]) == std::string_view::npos)
    return 0;
  uint64_t time;
  const size_t size = times->ReadKlog(text.substr(1), &time);
  if (size == 0) return 0;
  if (out->time_unix_nano == 0) out->time_unix_nano = time;
  if (out->severity == v1::SEVERITY_UNSPECIFIED) {
    out->severity = SeverityFromText(text.substr(0, 1));
    out->severity_text = text.substr(0, 1);
  }
  return 1 + size;
}

size_t ReadRedisHeader(std::string_view text, TimeReader* times, ParsedLine* out) {
  size_t size = 0;
  while (size < text.size() && IsDigit(text[size])) ++size;
  if (size == 0 || text.size() < size + 3 || text[size] != ':' || !IsUpper(text[size + 1]) || text[size + 2] != ' ') {
    return 0;
  }
  size += 3;
  uint64_t time;
  const size_t time_size = times->ReadDayFirst(text.substr(size), &time);
  size += time_size;
  if (time_size == 0 || text.size() < size + 2 || text[size] != ' ') return 0;
  v1::Severity severity;
  switch (text[size + 1]) {
    case '.':
    case '-':  // verbose, which Redis puts above debug
      severity = v1::SEVERITY_DEBUG;
      break;
    case '*':
      severity = v1::SEVERITY_INFO;
      break;
    case '#':
      severity = v1::SEVERITY_WARN;
      break;
    default:
      return 0;
  }
  out->time_unix_nano = time;
  out->severity = severity;
  out->severity_text = text.substr(size + 1, 1);
  return size + 2;
}

}  // namespace sluice::agent
