#include "agent/parse/access.h"

#include <cstdint>

#include "agent/parse/civil.h"
#include "base/access_line.h"

namespace sluice::agent {
namespace {

bool Split(std::string_view line, TimeReader* times, ParsedLine* out, AccessSides* sides) {
  uint64_t time;
  if (!SplitAtAccessTime(line, [&](std::string_view text) { return times->ReadDayFirst(text, &time); }, sides)) {
    return false;
  }
  out->time_unix_nano = time;
  return true;
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

void AddClient(std::string_view before, const FieldAdder& add) {
  const AccessClient client = SplitAccessClient(before);
  add("vhost", client.vhost);
  add("remote_addr", client.remote_addr);
  add("ident", client.ident);
  add("user", client.user);
}

void AddRequest(std::string_view text, const FieldAdder& add) {
  AccessRequest request;
  if (!SplitAccessRequest(text, &request)) return add("request", text);
  add("method", request.method);
  add("path", request.path);
  add("protocol", request.protocol);
}

}  // namespace

bool ParseAccess(std::string_view line, TimeReader* times, ParsedLine* out) {
  AccessSides sides;
  return Split(line, times, out, &sides);
}

bool ParseAccessFields(std::string_view line, const FieldSelection& fields, bool severity_from_status,
                       TimeReader* times, ParsedLine* out) {
  AccessSides sides;
  if (!Split(line, times, out, &sides)) return false;
  const std::string_view request = NextAccessWord(&sides.behind);
  const std::string_view status = NextAccessWord(&sides.behind);
  if (severity_from_status) TakeHttpStatus(status, out);
  if (fields.none()) return true;
  const FieldAdder add(fields, out);
  AddClient(sides.before, add);
  AddRequest(request, add);
  add("status", status);
  add("bytes", NextAccessWord(&sides.behind));
  add("referer", NextAccessWord(&sides.behind));
  add("user_agent", NextAccessWord(&sides.behind));
  return true;
}

void TakeHttpStatus(std::string_view status, ParsedLine* out) {
  if (status.size() != 3 || status[0] < '1' || status[0] > '5' || !IsDigit(status[1]) || !IsDigit(status[2])) return;
  out->severity = status[0] == '5' ? v1::SEVERITY_ERROR : status[0] == '4' ? v1::SEVERITY_WARN : v1::SEVERITY_INFO;
  out->severity_text = status;
}

}  // namespace sluice::agent
