#include "agent/parse/level.h"

#include <algorithm>

#include "agent/parse/civil.h"
#include "base/severity.h"

namespace sluice::agent {
namespace {

constexpr size_t kLongestWord = 16;

size_t CountLetters(std::string_view text) {
  size_t size = 0;
  while (size < text.size() && size <= kLongestWord && IsLetter(text[size])) ++size;
  if (size > 0 && size < text.size() && text[size] >= '1' && text[size] <= '5') ++size;  // INFO2, DEBUG5
  return size;
}

bool IsCapitals(std::string_view word) {
  return std::ranges::none_of(word, [](char c) { return c >= 'a' && c <= 'z'; });
}

bool Take(std::string_view word, v1::Severity severity, ParsedLine* out) {
  if (severity == v1::SEVERITY_UNSPECIFIED) return false;
  out->severity = severity;
  out->severity_text = word;
  return true;
}

bool TakeWord(std::string_view word, ParsedLine* out) {
  const v1::Severity severity = SeverityFromText(word);
  // "config: …" is the name of something, "CONFIG: …" the level of java.util.logging.
  constexpr size_t kConfigSize = std::string_view("config").size();
  if (severity == v1::SEVERITY_DEBUG && word.size() == kConfigSize && !IsCapitals(word)) return false;
  return Take(word, severity, out);
}

// What ends a level in capitals; '\0' stands for the end of the line.
bool EndsCapitals(char c) {
  constexpr std::string_view kEnds("\0 \t:|[](),;-/!", 14);
  return kEnds.find(c) != kEnds.npos;
}

// "[conn1] …", "| …", "- …", "NETWORK …": what follows a lone letter that is a level, and not the word "I".
bool FollowsLetter(std::string_view rest) {
  const size_t next = rest.find_first_not_of(' ');
  if (next == rest.npos) return false;
  rest.remove_prefix(next);
  return rest[0] == '[' || rest[0] == '|' || rest[0] == '-' ||
         (rest.size() > 1 && IsUpper(rest[0]) && IsUpper(rest[1]));
}

bool IsLetterLevel(std::string_view text, LevelPlace place) {
  const char delimiter = text.size() > 1 ? text[1] : '\0';
  const bool blank_next = text.size() == 2 || (text.size() > 2 && IsSpace(text[2]));
  if (!IsUpper(text[0]) || place == LevelPlace::kLater) return false;
  if (delimiter == ':') return blank_next;                         // apt: "E: Unable to …"
  if (delimiter == ',') return text.substr(1).starts_with(", [");  // Ruby: "I, [2026-…"
  if (place != LevelPlace::kAfterTime) return false;
  return delimiter == '\t' || delimiter == '|' || (delimiter == ' ' && FollowsLetter(text.substr(1)));
}

// `size` letters that are no capitals.
bool IsSmallLevel(std::string_view text, size_t size, LevelPlace place) {
  const char delimiter = text.size() > size ? text[size] : '\0';
  if (place == LevelPlace::kLater) return false;
  if (delimiter == ':') return text.size() == size + 1 || IsSpace(text[size + 1]);
  if (place != LevelPlace::kAfterTime) return false;
  return delimiter == '\t' || delimiter == '|' || text.substr(size).starts_with(" |");
}

}  // namespace

size_t ReadLevelWord(std::string_view text, LevelPlace place, ParsedLine* out) {
  const size_t size = CountLetters(text);
  if (size == 0 || size > kLongestWord) return 0;
  const std::string_view word = text.substr(0, size);
  if (size == 1) return IsLetterLevel(text, place) && TakeWord(word, out) ? size : 0;
  if (!IsCapitals(word)) return IsSmallLevel(text, size, place) && TakeWord(word, out) ? size : 0;
  const char delimiter = text.size() > size ? text[size] : '\0';
  if (!EndsCapitals(delimiter)) return 0;
  if (TakeWord(word, out)) return size;
  // PostgreSQL's own two.
  if (delimiter == ':' && word == "LOG") return Take(word, v1::SEVERITY_INFO, out) ? size : 0;
  if (delimiter == ':' && word == "DEBUG5") return Take(word, v1::SEVERITY_DEBUG, out) ? size : 0;
  return 0;
}

bool ReadLevelInBrackets(std::string_view inside, ParsedLine* out) {
  while (!inside.empty() && IsSpace(inside.back())) inside.remove_suffix(1);
  while (!inside.empty() && IsSpace(inside.front())) inside.remove_prefix(1);
  const size_t separator = inside.find_last_of(":/");
  const bool whole = separator == inside.npos;
  const std::string_view word = whole ? inside : inside.substr(separator + 1);
  if (word.empty() || word.size() > kLongestWord) return false;
  const bool any_case = word.size() > 1 && (whole || inside[separator] == ':');
  return (any_case || IsCapitals(word)) && IsLetter(word[0]) && TakeWord(word, out);
}

}  // namespace sluice::agent
