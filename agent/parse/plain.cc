#include "agent/parse/plain.h"

#include <algorithm>
#include <cstdint>

#include "agent/parse/civil.h"
#include "agent/parse/field.h"
#include "agent/parse/json.h"
#include "agent/parse/level.h"
#include "agent/parse/logfmt.h"
#include "agent/parse/prefix.h"

namespace sluice::agent {
namespace {

constexpr int kMarksMax = 10;        // what may stand before the message
constexpr size_t kBracketsMax = 64;  // bytes in a pair of brackets
constexpr size_t kWordMax = 256;

bool IsSeparator(char c) { return c == ' ' || c == '\t' || c == '|' || c == ';' || c == ',' || c == ']' || c == ')'; }
bool EndsWord(char c) { return IsSeparator(c) || c == '[' || c == '('; }

char ClosingBracket(char c) {
  switch (c) {
    case '[':
      return ']';
    case '(':
      return ')';
    case '<':
      return '>';
    case '{':
      return '}';
    default:
      return '\0';
  }
}

// What a word without a meaning of its own says about the words behind it.
struct WordShape {
  size_t size = 0;
  bool letters_only = true;
  bool capitals_only = true;
  bool no_letters = true;  // a number, a clock, a process id
  bool has_colon = false;
};

WordShape ShapeOf(std::string_view text) {
  WordShape shape;
  const size_t limit = std::min(text.size(), kWordMax);
  for (; shape.size < limit && !EndsWord(text[shape.size]); ++shape.size) {
    const char c = text[shape.size];
    const bool letter = IsLetter(c) || static_cast<uint8_t>(c) >= 0x80;
    shape.letters_only &= letter;
    shape.capitals_only &= IsUpper(c);
    shape.no_letters &= !letter;
    shape.has_colon |= c == ':';
  }
  // "app[123]:" is a name.
  if (shape.size < text.size() && text[shape.size] == '[') shape.letters_only = false;
  return shape;
}

// Walks over the marks before a message: numbers, clocks, names, brackets, until a word shows that it is the message.
class MarkReader {
 public:
  MarkReader(std::string_view line, size_t head, TimeReader* times, ParsedLine* out)
      : rest_(line.substr(head)), times_(times), out_(out), after_time_(head > 0) {}

  void Read() {
    for (int i = 0; i < kMarksMax && !IsComplete(*out_); ++i) {
      SkipSeparators();
      if (rest_.empty() || !(ReadTime(i) || ReadNested() || ReadBrackets() || ReadLevel() || ReadWord())) return;
    }
  }

 private:
  void Advance(size_t size) { rest_.remove_prefix(size); }
  bool LacksSeverity() const { return out_->severity == v1::SEVERITY_UNSPECIFIED; }

  void SkipSeparators();
  // Each reads a mark and advances, or returns false.
  bool ReadTime(int mark);
  bool ReadNested();
  bool ReadBrackets();
  bool ReadLevel();
  bool ReadWord();

  std::string_view rest_;
  TimeReader* const times_;
  ParsedLine* const out_;
  bool after_time_;        // a time, a clock or a level stands before
  bool at_start_ = true;   // nothing but marks stands before
  int words_ = 0;          // since at_start_ was last true
  bool shouting_ = false;  // the word before is in capitals
};

void MarkReader::SkipSeparators() {
  size_t size = 0;
  while (size < rest_.size()) {
    const char c = rest_[size];
    const bool dash = c == '-' && (size + 1 == rest_.size() || rest_[size + 1] == '-' || rest_[size + 1] == ' ');
    if (c == ':') {  // "[123]: "
      at_start_ = true;
      words_ = 0;
    } else if (!IsSeparator(c) && !dash) {
      break;
    }
    ++size;
  }
  Advance(size);
}

bool MarkReader::ReadTime(int mark) {
  if (out_->time_unix_nano != 0 || !(at_start_ || mark == 1)) return false;
  const size_t bracket = rest_[0] == '[' ? 1 : 0;
  const std::string_view text = rest_.substr(bracket);
  if (text.size() < 5 || !IsDigit(text[0]) || IsDigit(text[4])) return false;  // a bare number is no time
  uint64_t time;
  const size_t size = times_->Read(text, &time);
  if (size == 0) return false;
  out_->time_unix_nano = time;
  Advance(bracket + size);
  after_time_ = at_start_ = true;
  return true;
}

// A message that has a form of its own; nothing is left to read behind it.
bool MarkReader::ReadNested() {
  if (!at_start_) return false;
  if (ParseJson(rest_, times_, out_)) {
    rest_ = {};
  } else if (BeginsWithPair(rest_)) {
    ParseLogfmt(rest_, times_, out_);
    rest_ = {};
  } else if (const size_t klog = ReadKlogHeader(rest_, times_, out_); klog > 0) {
    rest_ = {};
  } else {
    return false;
  }
  return true;
}

bool MarkReader::ReadBrackets() {
  const char closing = ClosingBracket(rest_[0]);
  if (closing == '\0' || (rest_[0] == '(' && !at_start_)) return false;
  const size_t close = rest_.substr(0, kBracketsMax).find(closing);
  const std::string_view clock = rest_.substr(1);
  if (const char* p = clock.data(); IsDigit(clock.empty() ? '\0' : clock[0])) {  // "[09:15:39 INF]": look inside
    int64_t seconds;
    if (ReadClock(&p, clock.data() + clock.size(), &seconds)) {
      Advance(1);
      return ReadWord();
    }
  }
  if (close == rest_.npos) return false;
  if (LacksSeverity() && ReadLevelInBrackets(rest_.substr(1, close - 1), out_)) after_time_ = true;
  shouting_ = false;
  Advance(close + 1);
  return true;
}

bool MarkReader::ReadLevel() {
  if (!LacksSeverity()) return false;
  LevelPlace place = LevelPlace::kLater;
  if (at_start_) {
    place = after_time_ ? LevelPlace::kAfterTime : LevelPlace::kFirst;
  } else if (!after_time_ || shouting_) {
    return false;
  }
  const size_t size = ReadLevelWord(rest_, place, out_);
  if (size == 0) return false;
  Advance(size);
  after_time_ = true;
  return true;
}

bool MarkReader::ReadWord() {
  const WordShape word = ShapeOf(rest_);
  if (word.size == 0 || word.size == kWordMax) return false;
  const std::string_view text = rest_.substr(0, word.size);
  const bool tag = text.ends_with(':');
  if (at_start_ && LacksSeverity() && tag) {  // Monolog's "app.ERROR:"
    const size_t dot = text.rfind('.');
    if (dot != text.npos && ReadLevelWord(text.substr(dot + 1), LevelPlace::kLater, out_) > 0) after_time_ = true;
  }
  Advance(word.size);
  shouting_ = false;
  if (tag) {
    at_start_ = true;
    words_ = 0;
  } else if (word.no_letters && (after_time_ || word.has_colon)) {
    after_time_ |= word.has_colon;
  } else if (text == "PHP" || ((text == "stdout" || text == "stderr") && after_time_)) {
    // PHP's "PHP Warning:  …", and a container runtime's "stderr F …".
    if (rest_.starts_with(" F ") || rest_.starts_with(" P ")) Advance(3);
  } else {
    at_start_ = false;
    shouting_ = word.capitals_only;
    if (word.letters_only && ++words_ > 1) return false;
  }
  return true;
}

}  // namespace

size_t ReadHead(std::string_view line, TimeReader* times, ParsedLine* out) {
  if (line.empty()) return 0;
  size_t size = 0;
  if (line[0] == '<') {
    size = ReadSyslogPriority(line, out);
  } else if (IsLetter(line[0])) {
    size = ReadKlogHeader(line, times, out);
    if (size > 0) return size;
  } else if (line[0] == '[') {
    size = 1;
  }
  uint64_t time;
  const std::string_view text = line.substr(size);
  size_t time_size = text.empty() ? 0 : times->Read(text, &time);
  // A number is a time only with a fraction: Squid's "1762938939.123".
  if (time_size > 0 && IsDigit(text[0]) && IsDigit(text[4]) && text.substr(0, time_size).find('.') == text.npos) {
    time_size = 0;
  }
  if (time_size > 0) {
    out->time_unix_nano = time;
    return size + time_size;
  }
  if (const size_t redis = ReadRedisHeader(line, times, out); redis > 0) return redis;
  return line[0] == '<' ? size : 0;
}

void ReadMarks(std::string_view line, size_t head, TimeReader* times, ParsedLine* out) {
  MarkReader(line, head, times, out).Read();
}

}  // namespace sluice::agent
