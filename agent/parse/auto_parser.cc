#include "agent/parse/auto_parser.h"

#include "agent/parse/access.h"
#include "agent/parse/json.h"
#include "agent/parse/json_fields.h"
#include "agent/parse/klog.h"
#include "agent/parse/logfmt.h"
#include "agent/parse/plain.h"
#include "agent/parse/syslog.h"

namespace sluice::agent {

void AutoParser::Parse(std::string_view line, int64_t read_unix_nano, ParsedLine* out) {
  out->Clear();
  times_.set_now(read_unix_nano);
  if (ParseJsonLine(line, &times_, out)) return;
  if (columns_.ReadDirective(line) || columns_.ParseRow(line, &times_, out)) return;
  const size_t head = ReadHead(line, &times_, out);
  if (head == 0) {
    if (BeginsWithPair(line)) return ParseLogfmt(line, &times_, out);
    if (ParseAccess(line, &times_, out)) return;
  }
  ReadMarks(line, head, &times_, out);
}

void AutoFieldsParser::Parse(std::string_view line, int64_t read_unix_nano, ParsedLine* out) {
  out->Clear();
  times_.set_now(read_unix_nano);
  ParseAny(line, out);
  out->SayWhatIsOmitted();
}

void AutoFieldsParser::ParseAny(std::string_view line, ParsedLine* out) {
  if (line.starts_with('{')) {
    if (ParseJsonFields(line, options_->fields, &times_, out).empty()) return;
    out->Clear();  // malformed: what AutoParser makes of it
    if (ParseJsonLine(line, &times_, out)) return;
  }
  if (columns_.ReadDirective(line) ||
      columns_.ParseRowFields(line, options_->fields, options_->severity_from_status, &times_, out)) {
    return;
  }
  const size_t head = ReadHead(line, &times_, out);
  if (ParseOther(line, head, out)) return;
  ReadMarks(line, head, &times_, out);
}

// Formats that have attributes, of a line that begins with a time (head > 0) or not. True if nothing is left to find.
bool AutoFieldsParser::ParseOther(std::string_view line, size_t head, ParsedLine* out) {
  const FieldSelection& fields = options_->fields;
  if (head == 0) {
    if (BeginsWithPair(line)) return ParseLogfmtFields(line, fields, &times_, out);
    return ParseAccessFields(line, fields, options_->severity_from_status, &times_, out);
  }
  if (fields.none()) return false;
  // These find the attributes only: the time and the severity are those of any line that begins like that.
  const uint64_t time = out->time_unix_nano;
  const std::string_view reason =
      BeginsLikeSyslog(line) ? ParseSyslog(line, fields, &times_, out) : ParseKlog(line, fields, &times_, out);
  if (!reason.empty()) {
    out->ClearFields();
    out->time_unix_nano = time;
  }
  return false;
}

}  // namespace sluice::agent
