#include "agent/parse/access.h"

#include <cstddef>

#include "agent/parse/civil.h"
#include "agent/parse/scan.h"

namespace sluice::agent {
namespace {

// What stands before the time is the client's address, its identity and the user name, which may be anything.
constexpr size_t kBeforeTimeMax = 512;
constexpr int kBracketsMax = 4;

// What stands before and behind the time's brackets.
struct Sides {
  std::string_view before;
  std::string_view behind;
};

bool Split(std::string_view line, TimeReader* times, ParsedLine* out, Sides* sides) {
  constexpr std::string_view kTime = "[20/Nov/2026:09:15:39 +0000]";
  const std::string_view head = line.substr(0, kBeforeTimeMax);
  size_t bracket = head.find('[');
  for (int i = 0; i < kBracketsMax && bracket != head.npos; ++i, bracket = head.find('[', bracket + 1)) {
    const std::string_view rest = line.substr(bracket);
    if (rest.size() < kTime.size() || rest[3] != '/' || rest[7] != '/' || rest[12] != ':') continue;
    uint64_t time;
    const size_t size = times->ReadDayFirst(rest.substr(1), &time);
    if (size == 0 || size + 1 >= rest.size() || rest[size + 1] != ']') continue;
    out->time_unix_nano = time;
    *sides = {.before = line.substr(0, bracket), .behind = rest.substr(size + 2)};
    return true;
  }
  return false;
}

// Takes the next word, or what stands in quotation marks, off `text`; empty at its end.
std::string_view Next(std::string_view* text) {
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

class FieldAdder {
 public:
  FieldAdder(const FieldSelection& fields, ParsedLine* out) : fields_(fields), out_(out) {}
  void operator()(std::string_view name, std::string_view value) const {
    if (value.empty() || value == "-" || !fields_.Wants(name)) return;
    out_->AddField(name, value);
  }

 private:
  const FieldSelection& fields_;
  ParsedLine* const out_;
};

// "[vhost] address ident user ": the user may have blanks.
void AddClient(std::string_view before, const FieldAdder& add) {
  while (before.ends_with(' ')) before.remove_suffix(1);
  std::string_view first = Next(&before);
  std::string_view second = Next(&before);
  // A third word and a fourth: the first one is the virtual host, unless the second is the identity that nobody has.
  const size_t blank = before.find(' ', 1);
  if (second != "-" && blank != before.npos && before.substr(1, blank - 1) == "-") {
    add("vhost", first);
    first = second;
    second = Next(&before);
  }
  add("remote_addr", first);
  add("ident", second);
  add("user", before.empty() ? before : before.substr(1));
}

void AddRequest(std::string_view request, const FieldAdder& add) {
  const size_t method_end = request.find(' ');
  const size_t path_end = request.rfind(' ');
  if (method_end == request.npos || path_end == method_end || method_end == 0) return add("request", request);
  add("method", request.substr(0, method_end));
  add("path", request.substr(method_end + 1, path_end - method_end - 1));
  add("protocol", request.substr(path_end + 1));
}

}  // namespace

bool ParseAccess(std::string_view line, TimeReader* times, ParsedLine* out) {
  Sides sides;
  return Split(line, times, out, &sides);
}

bool ParseAccessFields(std::string_view line, const FieldSelection& fields, bool severity_from_status,
                       TimeReader* times, ParsedLine* out) {
  Sides sides;
  if (!Split(line, times, out, &sides)) return false;
  const std::string_view request = Next(&sides.behind);
  const std::string_view status = Next(&sides.behind);
  if (severity_from_status) TakeHttpStatus(status, out);
  if (fields.none()) return true;
  const FieldAdder add(fields, out);
  AddClient(sides.before, add);
  AddRequest(request, add);
  add("status", status);
  add("bytes", Next(&sides.behind));
  add("referer", Next(&sides.behind));
  add("user_agent", Next(&sides.behind));
  return true;
}

void TakeHttpStatus(std::string_view status, ParsedLine* out) {
  if (status.size() != 3 || status[0] < '1' || status[0] > '5' || !IsDigit(status[1]) || !IsDigit(status[2])) return;
  out->severity = status[0] == '5' ? v1::SEVERITY_ERROR : status[0] == '4' ? v1::SEVERITY_WARN : v1::SEVERITY_INFO;
  out->severity_text = status;
}

}  // namespace sluice::agent
