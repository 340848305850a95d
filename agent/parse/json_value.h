// A JSON field on its way to an attribute: what both readers of fields (json_fields, json_named) do alike.
#pragma once

#include <string_view>

#include "agent/parse/parsed_line.h"

namespace sluice::agent {

inline constexpr int kJsonDepthMax = 10;

// What is wrong with a line that should be JSON.
namespace json_errors {
inline constexpr std::string_view kNoObject = "no JSON object";
inline constexpr std::string_view kMalformed = "malformed JSON";
inline constexpr std::string_view kUnfinished = "unfinished JSON";
inline constexpr std::string_view kEscape = "malformed escape in a JSON string";
inline constexpr std::string_view kScalar = "malformed JSON number or word";
inline constexpr std::string_view kControl = "control character in a JSON string";
inline constexpr std::string_view kUtf8 = "JSON that is not UTF-8";
inline constexpr std::string_view kBehind = "text behind a JSON object";
inline constexpr std::string_view kTooLarge = "JSON too large";
}  // namespace json_errors

// The inside of a JSON string as it stands.
struct RawString {
  std::string_view text;
  bool escaped = false;  // has escapes
};

namespace internal {
bool JoinLongName(std::string_view prefix, RawString raw, ParsedLine* out, std::string_view* name);
std::string_view AddEscaped(std::string_view name, std::string_view raw, ParsedLine* out);
}  // namespace internal

// The full name of a field: `prefix` is "" or ends with a dot. Null data if there is no room for it. Returns false if
// an escape is malformed.
inline bool JoinJsonName(std::string_view prefix, RawString raw, ParsedLine* out, std::string_view* name) {
  *name = raw.text;
  if (prefix.empty() && !raw.escaped) [[likely]]
    return true;
  return internal::JoinLongName(prefix, raw, out, name);
}

// These add the attribute `name`, and return what is wrong with the value, or an empty text.
inline std::string_view AddJsonString(std::string_view name, RawString raw, ParsedLine* out) {
  if (raw.escaped) [[unlikely]]
    return internal::AddEscaped(name, raw.text, out);
  out->AddField(name, raw.text);
  return {};
}
// A number, true, false or null, which is left out.
std::string_view AddJsonScalar(std::string_view name, std::string_view raw, ParsedLine* out);
// An array or an object as it stands.
std::string_view AddJsonNested(std::string_view name, std::string_view raw, ParsedLine* out);

}  // namespace sluice::agent
