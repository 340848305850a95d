#include "agent/parse/logfmt.h"

#include <algorithm>
#include <cstddef>

#include "agent/parse/civil.h"
#include "agent/parse/field.h"
#include "agent/parse/scan.h"

namespace sluice::agent {
namespace {

constexpr size_t kNameMax = 64;
constexpr std::string_view kAudit = "audit(";

bool IsNameChar(char c) { return IsAlnum(c) || c == '_' || c == '.' || c == '-' || c == '@' || c == '/'; }

// The value that begins at `p`; `p` is moved behind it.
std::string_view ReadValue(const char** p, const char* end) {
  if (*p < end && **p == '"') {
    const char* const begin = *p + 1;
    const char* const close = FindStringEnd(begin, end);
    *p = close == nullptr ? end : close + 1;
    return {begin, static_cast<size_t>((close == nullptr ? end : close) - begin)};
  }
  const char* const begin = *p;
  while (*p < end && !IsSpace(**p)) ++*p;
  return {begin, static_cast<size_t>(*p - begin)};
}

// A time that may have blanks: reads as far as it goes.
void TakeBareTime(std::string_view text, TimeReader* times, ParsedLine* out) {
  uint64_t time;
  if (out->time_unix_nano == 0 && !text.empty() && times->Read(text, &time) != 0) out->time_unix_nano = time;
}

}  // namespace

bool BeginsWithPair(std::string_view text) {
  if (text.empty() || !(IsLetter(text[0]) || text[0] == '_' || text[0] == '@')) return false;
  const size_t limit = std::min(text.size(), kNameMax);
  size_t size = 1;
  while (size < limit && IsNameChar(text[size])) ++size;
  return size < limit && text[size] == '=';
}

void ParseLogfmt(std::string_view text, TimeReader* times, ParsedLine* out) {
  const char* p = text.data();
  const char* const end = p + text.size();
  while (p < end && !IsComplete(*out)) {
    while (p < end && IsSpace(*p)) ++p;
    const char* const name_begin = p;
    while (p < end && *p != '=' && !IsSpace(*p)) ++p;
    if (p == end || *p != '=') continue;
    const std::string_view name(name_begin, static_cast<size_t>(p - name_begin));
    const char* const value_begin = ++p;
    const std::string_view value = ReadValue(&p, end);
    const FieldMeaning meaning = MeaningOf(name);
    const bool bare = value.data() == value_begin;
    if (meaning == FieldMeaning::kTime && bare) {
      TakeBareTime({value_begin, static_cast<size_t>(end - value_begin)}, times, out);
    } else if (meaning != FieldMeaning::kNone) {
      TakeField(meaning, value, times, out);
    } else if (bare && value.starts_with(kAudit) && name == "msg") {
      TakeBareTime(value.substr(kAudit.size()), times, out);
    }
  }
}

}  // namespace sluice::agent
