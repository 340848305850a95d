#include "agent/parse/auto_parser.h"

#include "agent/parse/access.h"
#include "agent/parse/json.h"
#include "agent/parse/logfmt.h"
#include "agent/parse/plain.h"

namespace sluice::agent {

void AutoParser::Parse(std::string_view line, int64_t read_unix_nano, ParsedLine* out) {
  out->Clear();
  times_.set_now(read_unix_nano);
  if (ParseJson(line, &times_, out)) return;
  if (columns_.ReadDirective(line) || columns_.ParseRow(line, &times_, out)) return;
  const size_t head = ReadHead(line, &times_, out);
  if (head == 0) {
    if (BeginsWithPair(line)) return ParseLogfmt(line, &times_, out);
    if (ParseAccess(line, &times_, out)) return;
  }
  ReadMarks(line, head, &times_, out);
}

}  // namespace sluice::agent
