// Where what stands in quotation marks ends. None of these reads outside of the text.
#pragma once

#include <cstddef>

namespace sluice {

// True if `quote`, inside a string that begins at `begin`, stands behind an odd number of backslashes.
inline bool IsEscaped(const char* begin, const char* quote) {
  if (quote == begin || quote[-1] != '\\') [[likely]]
    return false;
  const char* slashes = quote - 1;
  while (slashes > begin && slashes[-1] == '\\') --slashes;
  return (quote - slashes) % 2 == 1;
}

// `p` is behind the opening quotation mark of a string; the closing one, or null if the text ends before.
inline const char* FindStringEnd(const char* p, const char* end) {
  for (const char* quote = p;; ++quote) {
    quote = static_cast<const char*>(__builtin_memchr(quote, '"', static_cast<size_t>(end - quote)));
    if (quote == nullptr || !IsEscaped(p, quote)) return quote;
  }
}

}  // namespace sluice
