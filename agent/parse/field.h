// Fields with a name, of JSON, logfmt and regex groups: which ones tell the time or the severity, and how.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "agent/parse/json_text.h"
#include "agent/parse/parsed_line.h"
#include "agent/parse/timestamp.h"

namespace sluice::agent {

enum class FieldMeaning : uint8_t {
  kNone,
  kTime,            // time, timestamp, ts, @timestamp, datetime, eventTime, asctime, …
  kSeverity,        // level, severity, lvl, log.level, levelname, …: a word, or bunyan's, pino's or syslog's number
  kSeverityNumber,  // severityNumber: OpenTelemetry's number
  kLog,             // log: an object that may have the level (Elastic Common Schema); its text tells nothing
};

namespace internal {
inline constexpr size_t kFieldNameMax = 24;
// By the length of a name: with which letters (the bits of `c & 31`) a known one may begin.
extern const std::array<uint32_t, kFieldNameMax + 1> kFirstLetters;
FieldMeaning LookUpMeaning(std::string_view name);
}  // namespace internal

// What the field of this name tells, in any case. Most names are seen to tell nothing at once.
inline FieldMeaning MeaningOf(std::string_view name) {
  if (name.empty() || name.size() > internal::kFieldNameMax) return FieldMeaning::kNone;
  const bool may_be_known = (internal::kFirstLetters[name.size()] >> (name[0] & 31) & 1) != 0;
  return may_be_known ? internal::LookUpMeaning(name) : FieldMeaning::kNone;
}

// What the field `name` of an object tells that is itself the field of this meaning: {"log":{"level":"info"}}, and
// MongoDB's {"t":{"$date":"2026-11-20T09:15:39.123+00:00"}}.
FieldMeaning MeaningInside(FieldMeaning outer, std::string_view name);

// Takes the value of a field of this meaning into `out`, if `out` has no such value yet and the value is one. A
// severity's text that nobody knows is kept until one comes that is known.
void TakeField(FieldMeaning meaning, std::string_view value, TimeReader* times, ParsedLine* out);
// The same for the inside of a string with escapes, which are resolved first; what is malformed is no value.
void TakeEscapedField(FieldMeaning meaning, std::string_view raw, Escapes escapes, TimeReader* times, ParsedLine* out);
// For the inside of any string. What is a time or a known level as it stands has no escapes: nobody has to look.
inline void TakeStringField(FieldMeaning meaning, std::string_view raw, Escapes escapes, TimeReader* times,
                            ParsedLine* out) {
  const std::string_view text_before = out->severity_text;
  TakeField(meaning, raw, times, out);
  const bool found =
      meaning == FieldMeaning::kTime ? out->time_unix_nano != 0 : out->severity != v1::SEVERITY_UNSPECIFIED;
  if (found || raw.find('\\') == raw.npos) [[likely]]
    return;
  out->severity_text = text_before;
  TakeEscapedField(meaning, raw, escapes, times, out);
}

// Nothing more to be found.
inline bool IsComplete(const ParsedLine& line) {
  return line.time_unix_nano != 0 && line.severity != v1::SEVERITY_UNSPECIFIED;
}

}  // namespace sluice::agent
