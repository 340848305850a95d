#include "agent/parse/logfmt.h"

#include <algorithm>
#include <cstddef>

#include "agent/parse/civil.h"
#include "agent/parse/field.h"
#include "agent/parse/json_text.h"
#include "agent/parse/scan.h"

namespace sluice::agent {
namespace {

constexpr size_t kNameMax = 64;
constexpr std::string_view kAudit = "audit(";

bool IsNameChar(char c) { return IsAlnum(c) || c == '_' || c == '.' || c == '-' || c == '@' || c == '/'; }

struct Value {
  std::string_view text;  // of one in quotation marks what is between them
  bool bare = false;
};

// The value that begins at `p`; `p` is moved behind it.
Value ReadValue(const char** p, const char* end) {
  if (*p < end && **p == '"') {
    const char* const begin = *p + 1;
    const char* const close = FindStringEnd(begin, end);
    *p = close == nullptr ? end : close + 1;
    return {.text = {begin, static_cast<size_t>((close == nullptr ? end : close) - begin)}};
  }
  const char* const begin = *p;
  while (*p < end && !IsSpace(**p)) ++*p;
  return {.text = {begin, static_cast<size_t>(*p - begin)}, .bare = true};
}

// A time that may have blanks: reads as far as it goes. Returns how many bytes it takes.
size_t TakeBareTime(std::string_view text, TimeReader* times, ParsedLine* out) {
  uint64_t time;
  const size_t size = text.empty() ? 0 : times->Read(text, &time);
  if (size != 0 && out->time_unix_nano == 0) out->time_unix_nano = time;
  return size;
}

void AddValue(std::string_view name, const Value& value, ParsedLine* out) {
  std::string_view text = value.text;
  if (!value.bare && text.find('\\') != text.npos) {
    char* const room = out->Room(text.size());
    if (room == nullptr) return out->OmitField();
    text = out->Keep(static_cast<size_t>(Unescape(text, Escapes::kAny, room)));
  }
  out->AddField(name, text);
}

// With `kFields` all the pairs are read, the wanted ones become attributes, and returned is if there is any; without,
// it stops where all is found.
template <bool kFields>
bool ReadPairs(std::string_view text, const FieldSelection* fields, TimeReader* times, ParsedLine* out) {
  const char* p = text.data();
  const char* const end = p + text.size();
  bool any = false;
  while (p < end && (kFields || !IsComplete(*out))) {
    while (p < end && IsSpace(*p)) ++p;
    const char* const name_begin = p;
    while (p < end && *p != '=' && !IsSpace(*p)) ++p;
    if (p == end || *p != '=') continue;
    const std::string_view name(name_begin, static_cast<size_t>(p - name_begin));
    const char* const value_begin = ++p;
    Value value = ReadValue(&p, end);
    const FieldMeaning meaning = MeaningOf(name);
    if (meaning == FieldMeaning::kTime && value.bare && (kFields || out->time_unix_nano == 0)) {
      const size_t size = TakeBareTime({value_begin, static_cast<size_t>(end - value_begin)}, times, out);
      if (size > value.text.size()) {
        value.text = {value_begin, size};
        p = value_begin + size;
      }
    } else if (meaning != FieldMeaning::kNone && !value.bare) {
      TakeStringField(meaning, value.text, Escapes::kAny, times, out);
    } else if (meaning != FieldMeaning::kNone) {
      TakeField(meaning, value.text, times, out);
    } else if (value.bare && value.text.starts_with(kAudit) && name == "msg") {
      TakeBareTime(value.text.substr(kAudit.size()), times, out);
    }
    if constexpr (kFields) {
      if (name.empty()) continue;  // "=x" is no pair
      any = true;
      if (fields->Wants(name)) AddValue(name, value, out);
    }
  }
  return any;
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
  ReadPairs</*kFields=*/false>(text, nullptr, times, out);
}

bool ParseLogfmtFields(std::string_view text, const FieldSelection& fields, TimeReader* times, ParsedLine* out) {
  return ReadPairs</*kFields=*/true>(text, &fields, times, out);
}

}  // namespace sluice::agent
