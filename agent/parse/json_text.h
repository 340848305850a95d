// Pieces of JSON text: escapes, numbers, compact form.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sluice::agent {

enum class Escapes {
  kJson,  // \" \\ \/ \b \f \n \r \t \uXXXX; anything else is malformed
  kAny,   // also \xXX, \a, \v, \' and whatever else somebody writes: an escape that is unknown stays as it stands
};

// Writes `text` with its escapes resolved to `out`, which has room for text.size() bytes; returns how many bytes it
// takes, or -1 if an escape is malformed. Half of a surrogate pair becomes U+FFFD, and so does a byte of \xXX that is
// not ASCII: what comes out is UTF-8 if `text` is.
ptrdiff_t Unescape(std::string_view text, Escapes escapes, char* out);

// A JSON number, true or false.
bool IsJsonScalar(std::string_view text);

// If `json`, which is well-formed, has white space between its tokens.
bool HasJsonSpace(std::string_view json);
// Writes `json` without it; returns how many bytes are written. `out` has room for json.size() bytes.
size_t CompactJson(std::string_view json, char* out);

}  // namespace sluice::agent
