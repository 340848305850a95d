// Finds a short text in a line, several times as fast as memmem, which prepares tables for each call.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace sluice {

// True if `text` stands in `line`; an empty one does everywhere. Reads nothing outside of either.
inline bool ContainsBytes(std::string_view line, std::string_view text) {
  if (text.size() < 2 || line.size() < text.size()) {
    return text.empty() || (text.size() == 1 && std::memchr(line.data(), text[0], line.size()) != nullptr);
  }
  size_t at = 0;
  const size_t places = line.size() - text.size() + 1;  // where it may begin
#ifdef __SSE2__
  // Where its first and its last byte are at their distance; of those few places the rest is compared.
  const __m128i first = _mm_set1_epi8(text.front());
  const __m128i last = _mm_set1_epi8(text.back());
  for (; at + sizeof(__m128i) <= places; at += sizeof(__m128i)) {
    const auto* const begin = reinterpret_cast<const __m128i*>(line.data() + at);
    const auto* const end = reinterpret_cast<const __m128i*>(line.data() + at + text.size() - 1);
    const __m128i both =
        _mm_and_si128(_mm_cmpeq_epi8(_mm_loadu_si128(begin), first), _mm_cmpeq_epi8(_mm_loadu_si128(end), last));
    for (auto bits = static_cast<uint32_t>(_mm_movemask_epi8(both)); bits != 0; bits &= bits - 1) {
      const size_t place = at + static_cast<size_t>(std::countr_zero(bits));
      if (std::memcmp(line.data() + place + 1, text.data() + 1, text.size() - 2) == 0) return true;
    }
  }
#endif
  for (; at < places; ++at) {
    if (line[at] == text.front() && std::memcmp(line.data() + at, text.data(), text.size()) == 0) return true;
  }
  return false;
}

}  // namespace sluice
