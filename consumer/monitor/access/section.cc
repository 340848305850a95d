#include "consumer/monitor/access/section.h"

#include <cstdint>

namespace sluice::monitor {
namespace {

// The digit's value; negative if it is none.
int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// RFC 3986: a character that means the same whether it is encoded or not.
bool IsUnreserved(int c) {
  return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '-' || c == '.' || c == '_' ||
         c == '~';
}

void AppendNormalised(std::string_view segment, std::string* out) {
  constexpr char kHex[] = "0123456789ABCDEF";
  for (size_t i = 0; i < segment.size(); ++i) {
    const int high = segment[i] == '%' && i + 2 < segment.size() ? HexDigit(segment[i + 1]) : -1;
    const int low = high >= 0 ? HexDigit(segment[i + 2]) : -1;
    if (low < 0) {
      out->push_back(segment[i]);
      continue;
    }
    const int c = high * 16 + low;
    if (IsUnreserved(c)) {
      out->push_back(static_cast<char>(c));
    } else {
      out->append({'%', kHex[high], kHex[low]});
    }
    i += 2;
  }
}

// At most kSectionBytesMax bytes, and no part of a character at the end.
std::string_view Cut(std::string_view text) {
  if (text.size() <= kSectionBytesMax) return text;
  size_t size = kSectionBytesMax;
  while (size > 0 && (static_cast<uint8_t>(text[size]) & 0xc0) == 0x80) --size;
  return text.substr(0, size);
}

// The path of "http://host/path"; `target` itself if it is no such thing.
std::string_view WithoutOrigin(std::string_view target) {
  const size_t colon = target.substr(0, 8).find("://");
  if (colon == target.npos || colon == 0) return target;
  const size_t path = target.find_first_of("/?#", colon + 3);
  return path == target.npos ? "/" : target[path] == '/' ? target.substr(path) : "/";
}

}  // namespace

std::string_view SectionOf(std::string_view target, std::string* scratch) {
  if (!target.starts_with('/')) target = WithoutOrigin(target);
  if (target == "*") return target;
  if (!target.starts_with('/')) return kNoSection;
  while (true) {
    const size_t begin = target.find_first_not_of('/');
    if (begin == target.npos) return "/";
    const size_t end = target.find_first_of("/?#;", begin);
    std::string_view section = target.substr(begin - 1, (end == target.npos ? target.size() : end) - begin + 1);
    if (section.find('%') != section.npos) [[unlikely]] {
      scratch->clear();
      AppendNormalised(Cut(section), scratch);
      section = *scratch;
    }
    if (section != "/.") return section.size() == 1 ? "/" : Cut(section);
    if (end == target.npos || target[end] != '/') return "/";
    target.remove_prefix(end);
  }
}

}  // namespace sluice::monitor
