// How the bytes of a file stand for text: where a line ends, and what it says in UTF-8. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::agent {

enum class Encoding : uint8_t {
  kUtf8,     // the bytes are taken as they are, UTF-8 or not
  kUtf16,    // with a byte order mark at the beginning of the file; little-endian without one
  kUtf16Le,  //
  kUtf16Be,  //
  kLatin1,   // ISO 8859-1: each byte is the code point of its value
};

// kUtf16 becomes the one of its files that begins with `beginning`, two bytes or more of it; others stay.
Encoding WithByteOrder(Encoding encoding, std::string_view beginning);

// The length of the byte order mark that a file of this encoding begins with: not a part of its first line. A mark of
// UTF-8 is: its bytes are taken as they are.
size_t MarkBytes(Encoding encoding, std::string_view beginning);

// Bytes of a code unit, 1 or 2.
constexpr size_t UnitBytes(Encoding encoding) {
  return encoding == Encoding::kUtf8 || encoding == Encoding::kLatin1 ? 1 : 2;
}

// The place of the first newline of `bytes` at or behind `from`; npos if there is none. `phase`: how many bytes before
// the first code unit stand in `bytes`, 0 or 1.
size_t FindNewline(Encoding encoding, std::string_view bytes, size_t from, size_t phase);

// True if the code unit that ends at `end` is a newline.
bool EndsWithNewline(Encoding encoding, std::string_view bytes, size_t end);

// Where a text of more than `size` bytes is cut: at `size` or a little before, not inside of a character.
size_t CutAt(Encoding encoding, std::string_view bytes, size_t size);

// Appends what `bytes` say. False if a part of them is no text (an unpaired surrogate, half a code unit), which is
// shown as U+FFFD. Not for kUtf8, which is taken as it is, and kUtf16, which has no byte order yet.
bool AppendUtf8(Encoding encoding, std::string_view bytes, std::string* out);

}  // namespace sluice::agent
