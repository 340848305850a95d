// Where in a text a secret may begin, 64 bytes at a time: most of a line is seen at once to be none.
#pragma once

#include <cstdint>
#include <string_view>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace sluice::agent {

inline constexpr int kSecretBlock = 64;

// The letters with which keys and schemes begin ("AKIA…", "eyJ…", "Bearer …").
inline constexpr std::string_view kKeyLetters = "ABbegnrsx";

// A bit for each byte of a block.
struct SecretMarks {
  uint64_t digits = 0;   // four digits or more begin there, and no word is before them; at the block's end: or fewer
  uint64_t ats = 0;      // '@'
  uint64_t assigns = 0;  // '=' and ':'
  uint64_t keys = 0;     // a word begins there with one of kKeyLetters
  bool ends_in_word = false;
};

namespace internal {

// What digits and words begin, of the bits that tell which bytes are digits, parts of words, and letters of keys.
inline void MarkStarts(uint64_t digits, uint64_t words, uint64_t letters, bool inside_word, SecretMarks* marks) {
  const uint64_t behind_word = words << 1 | uint64_t{inside_word};
  const uint64_t four = digits & (digits >> 1 | uint64_t{1} << 63) & (digits >> 2 | uint64_t{3} << 62) &
                        (digits >> 3 | uint64_t{7} << 61);
  marks->digits = four & ~behind_word;
  marks->keys = letters & ~behind_word;
  marks->ends_in_word = words >> 63 != 0;
}

// The portable way, and the other one's oracle.
inline SecretMarks MarkByByte(const char* block, bool inside_word) {
  SecretMarks marks;
  uint64_t digits = 0;
  uint64_t words = 0;
  uint64_t letters = 0;
  for (int i = 0; i < kSecretBlock; ++i) {
    const char c = block[i];
    const bool is_digit = c >= '0' && c <= '9';
    const bool is_word = is_digit || c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    digits |= uint64_t{is_digit} << i;
    words |= uint64_t{is_word} << i;
    letters |= uint64_t{c != '\0' && kKeyLetters.find(c) != kKeyLetters.npos} << i;
    marks.ats |= uint64_t{c == '@'} << i;
    marks.assigns |= uint64_t{c == '=' || c == ':'} << i;
  }
  MarkStarts(digits, words, letters, inside_word, &marks);
  return marks;
}

}  // namespace internal

// Of the kSecretBlock bytes at `block`. `inside_word`: the byte before them is of a word.
inline SecretMarks MarkSecrets(const char* block, bool inside_word) {
#ifdef __SSE2__
  SecretMarks marks;
  uint64_t digits = 0;
  uint64_t words = 0;
  uint64_t letters = 0;
  const auto up_to = [](__m128i bytes, char first, char count) {  // first, first + 1, … first + count
    const __m128i from = _mm_sub_epi8(bytes, _mm_set1_epi8(first));
    return _mm_cmpeq_epi8(_mm_min_epu8(from, _mm_set1_epi8(count)), from);
  };
  for (int i = 0; i < kSecretBlock; i += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(block + i));
    const auto is = [bytes](char c) { return _mm_cmpeq_epi8(bytes, _mm_set1_epi8(c)); };
    const auto put = [i](__m128i found, uint64_t* bits) {
      *bits |= uint64_t{static_cast<uint32_t>(_mm_movemask_epi8(found))} << i;
    };
    const __m128i digit = up_to(bytes, '0', 9);
    const __m128i letter = up_to(_mm_or_si128(bytes, _mm_set1_epi8(0x20)), 'a', 25);
    __m128i key = is(kKeyLetters[0]);
    for (char c : kKeyLetters.substr(1)) key = _mm_or_si128(key, is(c));
    put(digit, &digits);
    put(_mm_or_si128(_mm_or_si128(digit, letter), is('_')), &words);
    put(key, &letters);
    put(is('@'), &marks.ats);
    put(_mm_or_si128(is('='), is(':')), &marks.assigns);
  }
  internal::MarkStarts(digits, words, letters, inside_word, &marks);
  return marks;
#else
  return internal::MarkByByte(block, inside_word);
#endif
}

}  // namespace sluice::agent
