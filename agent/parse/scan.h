// Fast searches in a line. None reads outside of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/quoted_text.h"

namespace sluice::agent {

// Marks of a block of 64 bytes: a bit for each.
struct Marks {
  const char* block = nullptr;
  uint64_t bits = 0;  // those that are not yet passed
};

inline constexpr ptrdiff_t kMarkBlock = 64;

// What is to be marked: one of two sets of bytes.
enum class MarkKind {
  kQuotes,    // "
  kBrackets,  // " { } [ ]
};

// The marks in [p, p + 64).
template <MarkKind kKind>
uint64_t MarksOfBlock(const char* p) {
  uint64_t bits = 0;
#ifdef __SSE2__
  const __m128i quote = _mm_set1_epi8('"');
  for (int i = 0; i < 4; ++i) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p) + i);
    __m128i found = _mm_cmpeq_epi8(bytes, quote);
    if constexpr (kKind == MarkKind::kBrackets) {
      const __m128i folded = _mm_or_si128(bytes, _mm_set1_epi8(0x20));  // '[' → '{', ']' → '}'
      found = _mm_or_si128(found, _mm_cmpeq_epi8(folded, _mm_set1_epi8('{')));
      found = _mm_or_si128(found, _mm_cmpeq_epi8(folded, _mm_set1_epi8('}')));
    }
    bits |= uint64_t{static_cast<uint32_t>(_mm_movemask_epi8(found))} << (16 * i);
  }
#else
  for (int i = 0; i < kMarkBlock; ++i) {
    bool found = p[i] == '"';
    if constexpr (kKind == MarkKind::kBrackets) found |= (p[i] | 0x20) == '{' || (p[i] | 0x20) == '}';
    bits |= uint64_t{found} << i;
  }
#endif
  return bits;
}

// The marks from `p` on, in the first block that has any; none if there is none before `end`. `begin` is where the
// whole text begins.
template <MarkKind kKind>
[[gnu::noinline]] Marks FindMarks(const char* begin, const char* end, const char* p) {
  for (; end - p >= kMarkBlock; p += kMarkBlock) {
    if (const uint64_t bits = MarksOfBlock<kKind>(p); bits != 0) return {p, bits};
  }
  if (p >= end) return {};
  // The last block is looked at together with what stands before it.
  if (end - begin >= kMarkBlock) return {p, MarksOfBlock<kKind>(end - kMarkBlock) >> (kMarkBlock - (end - p))};
  char padded[kMarkBlock] = {};
  __builtin_memcpy(padded, p, static_cast<size_t>(end - p));
  return {p, MarksOfBlock<kKind>(padded)};
}

// Gives the marks of a text one after the other. Finds them a block at a time, so that the next one is mostly known
// before it is asked for. All by value, so that it lives in registers.
template <MarkKind kKind>
class MarkScanner {
 public:
  // Marks at `p` or behind it.
  MarkScanner(const char* begin, const char* end, const char* p)
      : begin_(begin), end_(end), marks_(FindMarks<kKind>(begin, end, p)) {}

  // The next mark, which is then passed; end if there is none.
  [[gnu::always_inline]] const char* Next() {
    if (marks_.bits == 0) [[unlikely]] {
      if (marks_.block == nullptr) return end_;
      marks_ = FindMarks<kKind>(begin_, end_, marks_.block + kMarkBlock);
      if (marks_.bits == 0) return end_;
    }
    const char* const mark = marks_.block + __builtin_ctzll(marks_.bits);
    marks_.bits &= marks_.bits - 1;
    return mark;
  }

 private:
  const char* begin_;
  const char* end_;
  Marks marks_;
};

// Where a number or a word of JSON that begins at `p` ends: before , } " or white space, or at end.
inline const char* FindScalarEnd(const char* p, const char* end) {
#ifdef __SSE2__
  for (; end - p >= 16; p += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    const __m128i blank = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(' ')), bytes);
    const __m128i comma = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(','));
    const __m128i brace = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('}'));
    const __m128i quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
    const int found = _mm_movemask_epi8(_mm_or_si128(_mm_or_si128(blank, comma), _mm_or_si128(brace, quote)));
    if (found != 0) return p + __builtin_ctz(static_cast<uint32_t>(found));
  }
#endif
  while (p < end && static_cast<uint8_t>(*p) > ' ' && *p != ',' && *p != '}' && *p != '"') ++p;
  return p;
}

}  // namespace sluice::agent
