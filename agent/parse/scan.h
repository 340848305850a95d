// Fast searches in a line.
#pragma once

#include <string_view>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace sluice::agent {

// The first quotation mark in [p, end), or end.
inline const char* FindQuote(const char* p, const char* end) {
#ifdef __SSE2__
  const __m128i quotes = _mm_set1_epi8('"');
  for (; end - p >= 16; p += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    const int found = _mm_movemask_epi8(_mm_cmpeq_epi8(bytes, quotes));
    if (found != 0) return p + __builtin_ctz(static_cast<unsigned>(found));
  }
#endif
  while (p < end && *p != '"') ++p;
  return p;
}

// `p` is behind the opening quotation mark; the closing one, or null if the text ends before. A mark behind an odd
// number of backslashes closes nothing.
inline const char* FindStringEnd(const char* p, const char* end) {
  for (const char* quote = p;; ++quote) {
    quote = FindQuote(quote, end);
    if (quote == end) return nullptr;
    const char* slashes = quote;
    while (slashes > p && slashes[-1] == '\\') --slashes;
    if ((quote - slashes) % 2 == 0) return quote;
  }
}

}  // namespace sluice::agent
