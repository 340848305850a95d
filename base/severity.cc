#include "base/severity.h"

#include <cstddef>
#include <cstdint>

namespace sluice {
namespace {

// The first 16 letters of a word, in lower case, as two numbers: what a switch or a comparison can take at once.
struct Packed {
  uint64_t low = 0;
  uint64_t high = 0;
};

constexpr size_t kLongest = 16;

constexpr Packed Pack(std::string_view word) {
  Packed packed;
  for (size_t i = 0; i < word.size(); ++i) {
    uint64_t c = static_cast<uint8_t>(word[i]);
    if (c >= 'A' && c <= 'Z') c += 'a' - 'A';
    if (c == 0) c = 0xff;  // no word has it; 0 is the padding
    (i < 8 ? packed.low : packed.high) |= c << (i % 8 * 8);
  }
  return packed;
}

constexpr uint64_t Low(std::string_view word) { return Pack(word).low; }
constexpr uint64_t High(std::string_view word) { return Pack(word).high; }

// Words of at most eight letters.
v1::Severity FromShortWord(uint64_t word) {
  switch (word) {
    case Low("t"):
    case Low("trc"):
    case Low("trace"):
    case Low("v"):
    case Low("vrb"):
    case Low("verbose"):
    case Low("finer"):
    case Low("finest"):
      return v1::SEVERITY_TRACE;
    case Low("d"):
    case Low("dbg"):
    case Low("debug"):
    case Low("fine"):
      return v1::SEVERITY_DEBUG;
    case Low("i"):
    case Low("inf"):
    case Low("info"):
    case Low("n"):
    case Low("note"):
    case Low("notice"):
      return v1::SEVERITY_INFO;
    case Low("w"):
    case Low("wrn"):
    case Low("warn"):
    case Low("warning"):
      return v1::SEVERITY_WARN;
    case Low("e"):
    case Low("err"):
    case Low("error"):
    case Low("severe"):
      return v1::SEVERITY_ERROR;
    case Low("c"):
    case Low("crit"):
    case Low("critical"):
    case Low("alert"):
    case Low("emerg"):
    case Low("panic"):
    case Low("dpanic"):
    case Low("f"):
    case Low("ftl"):
    case Low("fatal"):
      return v1::SEVERITY_FATAL;
    default:
      return v1::SEVERITY_UNSPECIFIED;
  }
}

v1::Severity FromLongWord(Packed word) {
  switch (word.low) {
    case Low("emergency"):
      return word.high == High("emergency") ? v1::SEVERITY_FATAL : v1::SEVERITY_UNSPECIFIED;
    case Low("information"):
      return word.high == High("information") || word.high == High("informational") ? v1::SEVERITY_INFO
                                                                                    : v1::SEVERITY_UNSPECIFIED;
    default:
      return v1::SEVERITY_UNSPECIFIED;
  }
}

// OpenTelemetry's levels between the named ones, "INFO2" to "INFO4".
v1::Severity FromNumberedName(std::string_view text) {
  const int step = text.back() - '1';
  switch (Low(text.substr(0, text.size() - 1))) {
    case Low("trace"):
      return static_cast<v1::Severity>(v1::SEVERITY_TRACE + step);
    case Low("debug"):
      return static_cast<v1::Severity>(v1::SEVERITY_DEBUG + step);
    case Low("info"):
      return static_cast<v1::Severity>(v1::SEVERITY_INFO + step);
    case Low("warn"):
      return static_cast<v1::Severity>(v1::SEVERITY_WARN + step);
    case Low("error"):
      return static_cast<v1::Severity>(v1::SEVERITY_ERROR + step);
    case Low("fatal"):
      return static_cast<v1::Severity>(v1::SEVERITY_FATAL + step);
    default:
      return v1::SEVERITY_UNSPECIFIED;
  }
}

}  // namespace

v1::Severity SeverityFromText(std::string_view text) {
  if (text.empty() || text.size() > kLongest) return v1::SEVERITY_UNSPECIFIED;
  if (text.size() > 8) return FromLongWord(Pack(text));
  if (text.back() >= '1' && text.back() <= '4') return FromNumberedName(text);
  return FromShortWord(Low(text));
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
