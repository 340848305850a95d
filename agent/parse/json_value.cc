#include "agent/parse/json_value.h"

#include <algorithm>
#include <cstddef>

#include "agent/parse/json_text.h"

namespace sluice::agent {

namespace internal {

bool JoinLongName(std::string_view prefix, RawString raw, ParsedLine* out, std::string_view* name) {
  *name = {};
  char* const room = out->Room(prefix.size() + raw.text.size());
  if (room == nullptr) return true;
  char* const behind = std::copy(prefix.begin(), prefix.end(), room);
  ptrdiff_t size = static_cast<ptrdiff_t>(raw.text.size());
  if (raw.escaped) {
    size = Unescape(raw.text, Escapes::kJson, behind);
    if (size < 0) return false;
  } else {
    std::copy(raw.text.begin(), raw.text.end(), behind);
  }
  *name = out->Keep(prefix.size() + static_cast<size_t>(size));
  return true;
}

std::string_view AddEscaped(std::string_view name, std::string_view raw, ParsedLine* out) {
  char* const room = out->Room(raw.size());
  if (room == nullptr) {
    out->OmitField();
    return {};
  }
  const ptrdiff_t size = Unescape(raw, Escapes::kJson, room);
  if (size < 0) return json_errors::kEscape;
  out->AddField(name, out->Keep(static_cast<size_t>(size)));
  return {};
}

}  // namespace internal

std::string_view AddJsonScalar(std::string_view name, std::string_view raw, ParsedLine* out) {
  if (raw == "null") return {};
  if (!IsJsonScalar(raw)) return json_errors::kScalar;
  out->AddField(name, raw);
  return {};
}

std::string_view AddJsonNested(std::string_view name, std::string_view raw, ParsedLine* out) {
  if (HasJsonSpace(raw)) {
    char* const room = out->Room(raw.size());
    if (room == nullptr) {
      out->OmitField();
      return {};
    }
    raw = out->Keep(CompactJson(raw, room));
  }
  out->AddField(name, raw);
  return {};
}

}  // namespace sluice::agent
