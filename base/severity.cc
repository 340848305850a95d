#include "base/severity.h"

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace sluice {
namespace {

constexpr size_t kLongest = std::string_view("informational").size();

// Sets the bit that tells a small letter from its capital in each byte; turns no other byte into a letter.
constexpr uint64_t kSmall = 0x2020202020202020;

template <typename T>
uint64_t Load(const char* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

// A word of 1 to 8 bytes as one number in small letters, as Small makes it from a literal: what a switch takes at once.
uint64_t LoadSmall(std::string_view word) {
  const char* const at = word.data();
  const size_t size = word.size();
  uint64_t value;
  if (size == 8) return Load<uint64_t>(at) | kSmall;
  if (size >= 4) {  // two loads that overlap
    value = Load<uint32_t>(at) | Load<uint32_t>(at + size - 4) << (size - 4) * 8;
  } else if (size >= 2) {
    value = Load<uint16_t>(at) | Load<uint16_t>(at + size - 2) << (size - 2) * 8;
  } else {
    value = Load<uint8_t>(at);
  }
  return value | kSmall >> (8 - size) * 8;
}

constexpr uint64_t Small(std::string_view word) {
  uint64_t value = 0;
  for (size_t i = 0; i < word.size(); ++i) value |= (static_cast<uint64_t>(word[i]) | 0x20) << i * 8;
  return value;
}

struct ShortWord {
  std::string_view text;  // at most eight letters
  v1::Severity severity;
};
constexpr ShortWord kShortWords[] = {
    {"t", v1::SEVERITY_TRACE},      {"trc", v1::SEVERITY_TRACE},     {"trac", v1::SEVERITY_TRACE},
    {"trce", v1::SEVERITY_TRACE},   {"trace", v1::SEVERITY_TRACE},   {"v", v1::SEVERITY_TRACE},
    {"vrb", v1::SEVERITY_TRACE},    {"verbose", v1::SEVERITY_TRACE}, {"finer", v1::SEVERITY_TRACE},
    {"finest", v1::SEVERITY_TRACE}, {"silly", v1::SEVERITY_TRACE},   {"d", v1::SEVERITY_DEBUG},
    {"dbg", v1::SEVERITY_DEBUG},    {"dbug", v1::SEVERITY_DEBUG},    {"debu", v1::SEVERITY_DEBUG},
    {"debug", v1::SEVERITY_DEBUG},  {"fine", v1::SEVERITY_DEBUG},    {"config", v1::SEVERITY_DEBUG},
    {"i", v1::SEVERITY_INFO},       {"inf", v1::SEVERITY_INFO},      {"info", v1::SEVERITY_INFO},
    {"n", v1::SEVERITY_INFO},       {"note", v1::SEVERITY_INFO},     {"notice", v1::SEVERITY_INFO},
    {"success", v1::SEVERITY_INFO}, {"w", v1::SEVERITY_WARN},        {"wrn", v1::SEVERITY_WARN},
    {"warn", v1::SEVERITY_WARN},    {"warning", v1::SEVERITY_WARN},  {"e", v1::SEVERITY_ERROR},
    {"err", v1::SEVERITY_ERROR},    {"erro", v1::SEVERITY_ERROR},    {"eror", v1::SEVERITY_ERROR},
    {"error", v1::SEVERITY_ERROR},  {"fail", v1::SEVERITY_ERROR},    {"severe", v1::SEVERITY_ERROR},
    {"c", v1::SEVERITY_FATAL},      {"crit", v1::SEVERITY_FATAL},    {"critical", v1::SEVERITY_FATAL},
    {"alert", v1::SEVERITY_FATAL},  {"emerg", v1::SEVERITY_FATAL},   {"pani", v1::SEVERITY_FATAL},
    {"panic", v1::SEVERITY_FATAL},  {"dpanic", v1::SEVERITY_FATAL},  {"f", v1::SEVERITY_FATAL},
    {"ftl", v1::SEVERITY_FATAL},    {"fata", v1::SEVERITY_FATAL},    {"fatal", v1::SEVERITY_FATAL},
};

// A table in which each word has a slot of its own: one look, and no branch that depends on the word, which differs
// from line to line.
constexpr int kSlotBits = 8;
constexpr size_t SlotOf(uint64_t word, uint64_t factor) { return word * factor >> (64 - kSlotBits); }

// A factor under which no two words share a slot.
constexpr uint64_t kFactor = [] {
  for (uint64_t factor = 0x9e3779b97f4a7c15;; factor = factor * 6364136223846793005 + 1442695040888963407) {
    bool taken[1 << kSlotBits] = {};
    bool shared = false;
    for (const ShortWord& word : kShortWords) {
      bool& slot = taken[SlotOf(Small(word.text), factor)];
      shared |= slot;
      slot = true;
    }
    if (!shared) return factor;
  }
}();

struct WordTable {
  uint64_t words[1 << kSlotBits] = {};
  uint8_t severities[1 << kSlotBits] = {};
};
constexpr WordTable kWordTable = [] {
  WordTable table;
  for (const ShortWord& word : kShortWords) {
    const size_t slot = SlotOf(Small(word.text), kFactor);
    table.words[slot] = Small(word.text);
    table.severities[slot] = static_cast<uint8_t>(word.severity);
  }
  return table;
}();

v1::Severity FromShortWord(uint64_t word) {
  const size_t slot = SlotOf(word, kFactor);
  return static_cast<v1::Severity>(kWordTable.words[slot] == word ? kWordTable.severities[slot] : 0);
}

// Words of nine bytes and more.
v1::Severity FromLongWord(std::string_view text) {
  const uint64_t begin = LoadSmall(text.substr(0, 8));
  const uint64_t end = LoadSmall(text.substr(8));
  if (begin == Small("emergenc") && end == Small("y")) return v1::SEVERITY_FATAL;
  if (begin == Small("informat") && (end == Small("ion") || end == Small("ional"))) return v1::SEVERITY_INFO;
  return v1::SEVERITY_UNSPECIFIED;
}

// OpenTelemetry's levels between the named ones, "INFO2" to "INFO4".
v1::Severity FromNumberedName(std::string_view text) {
  const int step = text.back() - '1';
  switch (LoadSmall(text.substr(0, text.size() - 1))) {
    case Small("trace"):
      return static_cast<v1::Severity>(v1::SEVERITY_TRACE + step);
    case Small("debug"):
      return static_cast<v1::Severity>(v1::SEVERITY_DEBUG + step);
    case Small("info"):
      return static_cast<v1::Severity>(v1::SEVERITY_INFO + step);
    case Small("warn"):
      return static_cast<v1::Severity>(v1::SEVERITY_WARN + step);
    case Small("error"):
      return static_cast<v1::Severity>(v1::SEVERITY_ERROR + step);
    case Small("fatal"):
      return static_cast<v1::Severity>(v1::SEVERITY_FATAL + step);
    default:
      return v1::SEVERITY_UNSPECIFIED;
  }
}

}  // namespace

v1::Severity SeverityFromText(std::string_view text) {
  if (text.empty() || text.size() > kLongest) return v1::SEVERITY_UNSPECIFIED;
  if (text.size() > 8) return FromLongWord(text);
  if (text.size() > 1 && text.back() >= '1' && text.back() <= '4') return FromNumberedName(text);
  return FromShortWord(LoadSmall(text));
}

v1::Severity SeverityFromSyslog(int severity) {
  static constexpr v1::Severity kSeverities[] = {
      v1::SEVERITY_FATAL, v1::SEVERITY_FATAL, v1::SEVERITY_FATAL, v1::SEVERITY_ERROR,
      v1::SEVERITY_WARN,  v1::SEVERITY_INFO,  v1::SEVERITY_INFO,  v1::SEVERITY_DEBUG,
  };
  return severity >= 0 && severity <= 7 ? kSeverities[severity] : v1::SEVERITY_UNSPECIFIED;
}

v1::Severity SeverityFromBunyan(int level) {
  switch (level) {
    case 10:
      return v1::SEVERITY_TRACE;
    case 20:
      return v1::SEVERITY_DEBUG;
    case 30:
      return v1::SEVERITY_INFO;
    case 40:
      return v1::SEVERITY_WARN;
    case 50:
      return v1::SEVERITY_ERROR;
    case 60:
      return v1::SEVERITY_FATAL;
    default:
      return v1::SEVERITY_UNSPECIFIED;
  }
}

std::string_view SeverityName(v1::Severity severity) {
  static constexpr std::string_view kNames[] = {"TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"};
  if (severity < v1::SEVERITY_TRACE || severity > v1::SEVERITY_FATAL4) return "-";
  return kNames[(severity - v1::SEVERITY_TRACE) / 4];
}

}  // namespace sluice
