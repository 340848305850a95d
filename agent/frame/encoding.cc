#include "agent/frame/encoding.h"

#include <algorithm>
#include <cstring>

namespace sluice::agent {
namespace {

constexpr char32_t kReplacement = 0xfffd;

bool IsHighSurrogate(char32_t unit) { return unit >= 0xd800 && unit < 0xdc00; }
bool IsLowSurrogate(char32_t unit) { return unit >= 0xdc00 && unit < 0xe000; }

char32_t UnitAt(Encoding encoding, std::string_view bytes, size_t at) {
  const auto first = static_cast<uint8_t>(bytes[at]);
  const auto second = static_cast<uint8_t>(bytes[at + 1]);
  return encoding == Encoding::kUtf16Be ? first << 8 | second : second << 8 | first;
}

void AppendCodePoint(char32_t c, std::string* out) {
  if (c < 0x80) {
    out->push_back(static_cast<char>(c));
    return;
  }
  char bytes[4];
  size_t size = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
  constexpr uint8_t kLead[] = {0, 0, 0xc0, 0xe0, 0xf0};
  for (size_t i = size - 1; i > 0; --i, c >>= 6) bytes[i] = static_cast<char>(0x80 | (c & 0x3f));
  bytes[0] = static_cast<char>(kLead[size] | c);
  out->append(bytes, size);
}

bool AppendUtf16(Encoding encoding, std::string_view bytes, std::string* out) {
  bool is_text = true;
  size_t at = 0;
  for (; at + 1 < bytes.size(); at += 2) {
    char32_t c = UnitAt(encoding, bytes, at);
    if (IsHighSurrogate(c) && at + 3 < bytes.size() && IsLowSurrogate(UnitAt(encoding, bytes, at + 2))) {
      at += 2;
      c = 0x10000 + ((c - 0xd800) << 10) + (UnitAt(encoding, bytes, at) - 0xdc00);
    } else if (IsHighSurrogate(c) || IsLowSurrogate(c)) {
      c = kReplacement;
      is_text = false;
    }
    AppendCodePoint(c, out);
  }
  if (at == bytes.size()) return is_text;
  AppendCodePoint(kReplacement, out);
  return false;
}

}  // namespace

Encoding WithByteOrder(Encoding encoding, std::string_view beginning) {
  if (encoding != Encoding::kUtf16) return encoding;
  return beginning.starts_with("\xfe\xff") ? Encoding::kUtf16Be : Encoding::kUtf16Le;
}

size_t MarkBytes(Encoding encoding, std::string_view beginning) {
  const bool marked = (encoding == Encoding::kUtf16Le && beginning.starts_with("\xff\xfe")) ||
                      (encoding == Encoding::kUtf16Be && beginning.starts_with("\xfe\xff"));
  return marked ? 2 : 0;
}

size_t FindNewline(Encoding encoding, std::string_view bytes, size_t from, size_t phase) {
  if (UnitBytes(encoding) == 1) {
    if (from >= bytes.size()) return std::string_view::npos;
    const void* found = std::memchr(bytes.data() + from, '\n', bytes.size() - from);
    return found == nullptr ? std::string_view::npos : static_cast<const char*>(found) - bytes.data();
  }
  // The unit's byte that is 0x0a, and the one that must be 0.
  const size_t low = encoding == Encoding::kUtf16Be ? 1 : 0;
  for (size_t at = from; (at = bytes.find('\n', at)) != std::string_view::npos; ++at) {
    if ((at & 1) != ((phase + low) & 1) || at < from + low) continue;
    const size_t begin = at - low;
    if (begin + 2 <= bytes.size() && bytes[begin + 1 - low] == '\0') return begin;
  }
  return std::string_view::npos;
}

bool EndsWithNewline(Encoding encoding, std::string_view bytes, size_t end) {
  if (end < UnitBytes(encoding)) return false;
  if (UnitBytes(encoding) == 1) return bytes[end - 1] == '\n';
  return UnitAt(encoding, bytes, end - 2) == '\n';
}

size_t CutAt(Encoding encoding, std::string_view bytes, size_t size) {
  if (encoding == Encoding::kLatin1) return size;
  if (encoding == Encoding::kUtf8) {
    for (size_t back = 0; back < 4 && back < size; ++back) {
      const bool continues = (static_cast<uint8_t>(bytes[size - back]) & 0xc0) == 0x80;
      if (!continues) return size - back;
    }
    return size;
  }
  size &= ~size_t{1};
  if (size >= 4 && size + 2 <= bytes.size() && IsLowSurrogate(UnitAt(encoding, bytes, size)) &&
      IsHighSurrogate(UnitAt(encoding, bytes, size - 2))) {
    size -= 2;
  }
  return size;
}

bool AppendUtf8(Encoding encoding, std::string_view bytes, std::string* out) {
  if (encoding != Encoding::kLatin1) return AppendUtf16(encoding, bytes, out);
  for (char c : bytes) AppendCodePoint(static_cast<uint8_t>(c), out);
  return true;
}

}  // namespace sluice::agent
