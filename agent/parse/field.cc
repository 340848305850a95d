#include "agent/parse/field.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <type_traits>

#include "agent/parse/civil.h"
#include "base/severity.h"

namespace sluice::agent {
namespace {

struct KnownField {
  std::string_view name;  // in lower case
  FieldMeaning meaning;
};

// By length, so that a name is compared with few.
constexpr KnownField kFields[] = {
    {"t", FieldMeaning::kTime},
    {"ts", FieldMeaning::kTime},
    {"@t", FieldMeaning::kTime},
    {"@l", FieldMeaning::kSeverity},
    {"lvl", FieldMeaning::kSeverity},
    {"sev", FieldMeaning::kSeverity},
    {"log", FieldMeaning::kLog},
    {"time", FieldMeaning::kTime},
    {"date", FieldMeaning::kTime},
    {"level", FieldMeaning::kSeverity},
    {"@level", FieldMeaning::kSeverity},
    {"asctime", FieldMeaning::kTime},
    {"severity", FieldMeaning::kSeverity},
    {"loglevel", FieldMeaning::kSeverity},
    {"datetime", FieldMeaning::kTime},
    {"priority", FieldMeaning::kSeverity},
    {"timestamp", FieldMeaning::kTime},
    {"log.level", FieldMeaning::kSeverity},
    {"log_level", FieldMeaning::kSeverity},
    {"levelname", FieldMeaning::kSeverity},
    {"eventtime", FieldMeaning::kTime},
    {"@timestamp", FieldMeaning::kTime},
    {"level_name", FieldMeaning::kSeverity},
    {"event_time", FieldMeaning::kTime},
    {"start_time", FieldMeaning::kTime},
    {"timemillis", FieldMeaning::kTime},
    {"time_local", FieldMeaning::kTime},
    {"severitytext", FieldMeaning::kSeverity},
    {"timeunixnano", FieldMeaning::kTime},
    {"time_iso8601", FieldMeaning::kTime},
    {"severity_text", FieldMeaning::kSeverity},
    {"severitynumber", FieldMeaning::kSeverityNumber},
    {"time_unix_nano", FieldMeaning::kTime},
    {"severity_number", FieldMeaning::kSeverityNumber},
    {"__realtime_timestamp", FieldMeaning::kTime},
    {"requestreceivedtimestamp", FieldMeaning::kTime},
};
static_assert(std::ranges::is_sorted(kFields, {}, [](const KnownField& f) { return f.name.size(); }));

static_assert(std::end(kFields)[-1].name.size() == internal::kFieldNameMax);
static_assert(internal::kFieldNameMax <= 24, "three numbers hold any name");

// For each length of a name: where in kFields the names of this length begin.
constexpr auto kBegin = [] {
  std::array<uint8_t, internal::kFieldNameMax + 2> begin{};
  for (size_t size = 0; size < begin.size(); ++size) {
    begin[size] =
        static_cast<uint8_t>(std::ranges::count_if(kFields, [=](const KnownField& f) { return f.name.size() < size; }));
  }
  return begin;
}();

// Capitals of eight bytes in lower case.
constexpr uint64_t ToLower(uint64_t bytes) {
  constexpr uint64_t kOnes = 0x0101010101010101;
  const uint64_t low = bytes & kOnes * 0x7f;
  const uint64_t from_a = low + kOnes * (0x80 - 'A');    // the top bit: 'A' or above
  const uint64_t behind_z = low + kOnes * (0x7f - 'Z');  // the top bit: above 'Z'
  const uint64_t capitals = (from_a ^ behind_z) & ~bytes & kOnes * 0x80;
  return bytes | capitals >> 2;
}

// A name in lower case as numbers, which are equal for equal names of one length only: its first and its last eight
// bytes, which may overlap, and those between. A name of less than eight bytes is all in the first.
struct PackedName {
  uint64_t first = 0;
  uint64_t middle = 0;
  uint64_t last = 0;
  friend bool operator==(const PackedName&, const PackedName&) = default;
};

template <size_t kSize>
constexpr uint64_t Load(const char* p) {
  uint64_t bytes = 0;
  if (std::is_constant_evaluated()) {
    for (size_t i = 0; i < kSize; ++i) bytes |= uint64_t{static_cast<uint8_t>(p[i])} << (8 * i);
  } else {
    std::memcpy(&bytes, p, kSize);
  }
  return bytes;
}

constexpr PackedName Pack(std::string_view name) {
  const char* const p = name.data();
  const size_t size = name.size();
  if (size >= 8) return {ToLower(Load<8>(p)), size > 16 ? ToLower(Load<8>(p + 8)) : 0, ToLower(Load<8>(p + size - 8))};
  if (size >= 4) return {ToLower(Load<4>(p) | Load<4>(p + size - 4) << 32)};
  return {ToLower(Load<1>(p) | Load<1>(p + size / 2) << 8 | Load<1>(p + size - 1) << 16)};
}

constexpr auto kPackedFields = [] {
  std::array<PackedName, std::size(kFields)> packed;
  for (size_t i = 0; i < packed.size(); ++i) packed[i] = Pack(kFields[i].name);
  return packed;
}();

// Up to three digits as a number, -1 if it is anything else.
int SmallNumber(std::string_view text) {
  if (text.empty() || text.size() > 3) return -1;
  int number = 0;
  for (char c : text) {
    if (!IsDigit(c)) return -1;
    number = number * 10 + (c - '0');
  }
  return number;
}

// 0 to 7 are syslog's (journald, GELF); bunyan and pino begin at 10.
v1::Severity SeverityFromNumber(int number) {
  return number <= 7 ? SeverityFromSyslog(number) : SeverityFromBunyan(number);
}

bool IsPrintable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7f; });
}

void TakeSeverity(FieldMeaning meaning, std::string_view value, ParsedLine* out) {
  v1::Severity severity = v1::SEVERITY_UNSPECIFIED;
  if (const int number = SmallNumber(value); number < 0) {
    severity = SeverityFromText(value);
  } else if (meaning == FieldMeaning::kSeverity) {
    severity = SeverityFromNumber(number);
  } else if (v1::Severity_IsValid(number)) {
    severity = static_cast<v1::Severity>(number);
  }
  const bool known = severity != v1::SEVERITY_UNSPECIFIED;
  if (!known && (!out->severity_text.empty() || value.size() > kSeverityTextMax || !IsPrintable(value))) return;
  out->severity = severity;
  out->severity_text = value;
}

}  // namespace

namespace internal {

constinit const std::array<uint32_t, kFieldNameMax + 1> kFirstLetters = [] {
  std::array<uint32_t, kFieldNameMax + 1> letters{};
  for (const KnownField& field : kFields) letters[field.name.size()] |= uint32_t{1} << (field.name[0] & 31);
  return letters;
}();

FieldMeaning LookUpMeaning(std::string_view name) {
  const PackedName packed = Pack(name);
  for (size_t i = kBegin[name.size()]; i < kBegin[name.size() + 1]; ++i) {
    if (packed == kPackedFields[i]) return kFields[i].meaning;
  }
  return FieldMeaning::kNone;
}

}  // namespace internal

FieldMeaning MeaningInside(FieldMeaning outer, std::string_view name) {
  if (outer == FieldMeaning::kLog) {
    const FieldMeaning meaning = MeaningOf(name);
    return meaning == FieldMeaning::kSeverity ? meaning : FieldMeaning::kNone;
  }
  return outer == FieldMeaning::kTime && name == "$date" ? FieldMeaning::kTime : FieldMeaning::kNone;
}

void TakeField(FieldMeaning meaning, std::string_view value, TimeReader* times, ParsedLine* out) {
  switch (meaning) {
    case FieldMeaning::kNone:
    case FieldMeaning::kLog:
      return;
    case FieldMeaning::kTime: {
      uint64_t time;
      if (out->time_unix_nano == 0 && times->ReadAll(value, &time)) out->time_unix_nano = time;
      return;
    }
    case FieldMeaning::kSeverity:
    case FieldMeaning::kSeverityNumber:
      if (out->severity == v1::SEVERITY_UNSPECIFIED) TakeSeverity(meaning, value, out);
      return;
  }
}

void TakeEscapedField(FieldMeaning meaning, std::string_view raw, Escapes escapes, TimeReader* times, ParsedLine* out) {
  constexpr size_t kRawMax = 256;  // what is longer is neither a time nor a level, were each character an escape
  if (meaning == FieldMeaning::kNone || raw.size() > kRawMax) return;
  char resolved[kRawMax];
  const ptrdiff_t size = Unescape(raw, escapes, resolved);
  if (size < 0) return;
  TakeField(meaning, {resolved, static_cast<size_t>(size)}, times, out);
  if (out->severity_text.data() == resolved) out->KeepSeverityText();
}

}  // namespace sluice::agent
