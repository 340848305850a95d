#include "agent/parse/klog.h"

#include <cstddef>

#include "agent/parse/civil.h"
#include "agent/parse/logfmt.h"
#include "agent/parse/prefix.h"
#include "agent/parse/scan.h"

namespace sluice::agent {
namespace {

constexpr std::string_view kNoHeader = "no klog header";

// "12345 main.go:42]" behind the time.
struct Place {
  std::string_view thread;
  std::string_view file;
  std::string_view line;
};

// Returns how many bytes it takes; 0 if it is not there.
size_t ReadPlace(std::string_view text, Place* place) {
  size_t at = text.find_first_not_of(' ');
  if (at == text.npos) return 0;
  const size_t thread_end = text.find(' ', at);
  if (thread_end == text.npos) return 0;
  place->thread = text.substr(at, thread_end - at);
  if (place->thread.find_first_not_of("0123456789") != text.npos) return 0;
  at = thread_end + 1;
  const size_t close = text.find(']', at);
  if (close == text.npos) return 0;
  const std::string_view where = text.substr(at, close - at);
  const size_t colon = where.rfind(':');
  if (colon == where.npos || colon == 0 || where.find(' ') != where.npos) return 0;
  place->file = where.substr(0, colon);
  place->line = where.substr(colon + 1);
  if (place->line.empty() || !IsDigit(place->line[0])) return 0;
  return close + 1;
}

}  // namespace

std::string_view ParseKlog(std::string_view line, const FieldSelection& fields, TimeReader* times, ParsedLine* out) {
  const size_t head = ReadKlogHeader(line, times, out);
  Place place;
  const size_t size = head == 0 ? 0 : ReadPlace(line.substr(head), &place);
  if (size == 0) return kNoHeader;
  if (fields.none()) return {};
  const auto add = [&](std::string_view name, std::string_view value) {
    if (fields.Wants(name)) out->AddField(name, value);
  };
  add("thread_id", place.thread);
  add("file", place.file);
  add("line", place.line);
  // A structured message is in quotation marks, and its pairs behind it.
  const char* message = line.data() + head + size;
  const char* const end = line.data() + line.size();
  if (message < end && *message == ' ') ++message;
  if (message == end || *message != '"') return {};
  const char* const close = FindStringEnd(message + 1, end);
  if (close != nullptr) {
    ParseLogfmtFields({close + 1, static_cast<size_t>(end - close - 1)}, fields, times, out);
  }
  return {};
}

}  // namespace sluice::agent
