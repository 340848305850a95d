// logfmt: name=value pairs, values with blanks in quotation marks.
#pragma once

#include <string_view>

#include "agent/parse/field_selection.h"
#include "agent/parse/parsed_line.h"
#include "agent/parse/timestamp.h"

namespace sluice::agent {

// True if `text` begins with a pair.
bool BeginsWithPair(std::string_view text);

// Fills in what `out` lacks from the pairs of `text`; words that are no pairs are passed over. A time without quotation
// marks may have blanks. Of several pairs that tell the same, the first usable one counts. Reads auditd's
// msg=audit(1364481363.243:24287) too.
void ParseLogfmt(std::string_view text, TimeReader* times, ParsedLine* out);

// The same, and the wanted pairs as attributes, with the escapes of values in quotation marks resolved. False if there
// is no pair.
bool ParseLogfmtFields(std::string_view text, const FieldSelection& fields, TimeReader* times, ParsedLine* out);

}  // namespace sluice::agent
