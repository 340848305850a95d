// Lines of web servers' access logs, cut into pieces where they lie: the common and the combined format, with a virtual
// host before them or not, and whatever a server adds at the end.
//
//   [vhost:port ]address ident user [20/Nov/2026:09:15:39 +0000] "GET /path HTTP/1.1" 200 2326 "referer" "agent" more…
//
// Pure; nothing is allocated. Views are parts of the line; escapes in quotation marks stay as the server wrote them.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/quoted_text.h"

namespace sluice {

// What stands before and behind the time's brackets.
struct AccessSides {
  std::string_view before;
  std::string_view behind;
};

// What stands before the time is the client's address, its identity and the user name, which may be anything.
inline constexpr size_t kBeforeAccessTimeMax = 512;
inline constexpr int kAccessBracketsMax = 4;

// True if `line` has a time in the format's own spelling. `read_time` is given what stands behind a '[' that may be it,
// and returns how many bytes the time takes; 0 if it is none.
template <typename ReadTime>
bool SplitAtAccessTime(std::string_view line, const ReadTime& read_time, AccessSides* sides) {
  constexpr std::string_view kTime = "[20/Nov/2026:09:15:39 +0000]";
  const std::string_view head = line.substr(0, kBeforeAccessTimeMax);
  size_t bracket = head.find('[');
  for (int i = 0; i < kAccessBracketsMax && bracket != head.npos; ++i, bracket = head.find('[', bracket + 1)) {
    const std::string_view rest = line.substr(bracket);
    if (rest.size() < kTime.size() || rest[3] != '/' || rest[7] != '/' || rest[12] != ':') continue;
    const size_t size = read_time(rest.substr(1));
    if (size == 0 || size + 1 >= rest.size() || rest[size + 1] != ']') continue;
    *sides = {.before = line.substr(0, bracket), .behind = rest.substr(size + 2)};
    return true;
  }
  return false;
}

// A `read_time` for those who know the time already: how many bytes "20/Nov/2026:09:15:39 +0000" takes, if `text`
// begins with something of that shape.
size_t AccessTimeSize(std::string_view text);

// Takes the next word, or what stands in quotation marks, off `text`; empty at its end.
inline std::string_view NextAccessWord(std::string_view* text) {
  const char* p = text->data();
  const char* const end = p + text->size();
  while (p < end && *p == ' ') ++p;
  const char* begin = p;
  const char* after;
  if (p < end && *p == '"') {
    const char* const close = FindStringEnd(++begin, end);
    p = close == nullptr ? end : close;
    after = close == nullptr ? end : close + 1;
  } else {
    while (p < end && *p != ' ') ++p;
    after = p;
  }
  *text = {after, static_cast<size_t>(end - after)};
  return {begin, static_cast<size_t>(p - begin)};
}

// Who asked. What the line does not tell is "-" there, or empty.
struct AccessClient {
  std::string_view vhost;
  std::string_view remote_addr;
  std::string_view ident;
  std::string_view user;  // may have blanks
};

// Of what stands before the time.
inline AccessClient SplitAccessClient(std::string_view before) {
  while (before.ends_with(' ')) before.remove_suffix(1);
  AccessClient client;
  client.remote_addr = NextAccessWord(&before);
  client.ident = NextAccessWord(&before);
  // A third word and a fourth: the first one is the virtual host, unless the second is the identity that nobody has.
  const size_t blank = before.find(' ', 1);
  if (client.ident != "-" && blank != before.npos && before.substr(1, blank - 1) == "-") {
    client.vhost = client.remote_addr;
    client.remote_addr = client.ident;
    client.ident = NextAccessWord(&before);
  }
  client.user = before.empty() ? before : before.substr(1);
  return client;
}

struct AccessRequest {
  std::string_view method;
  std::string_view path;  // as it was asked for: may have blanks, a query, or be a whole URL
  std::string_view protocol;
};

// False if `text` is not "METHOD PATH PROTOCOL".
inline bool SplitAccessRequest(std::string_view text, AccessRequest* request) {
  const size_t method_end = text.find(' ');
  const size_t path_end = text.rfind(' ');
  if (method_end == text.npos || path_end == method_end || method_end == 0) return false;
  request->method = text.substr(0, method_end);
  request->path = text.substr(method_end + 1, path_end - method_end - 1);
  request->protocol = text.substr(path_end + 1);
  return true;
}

}  // namespace sluice
