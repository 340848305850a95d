#include "agent/parse/plain.h"

#include <algorithm>
#include <array>
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

// What a byte is in the head of a line.
enum ByteClass : uint8_t {
  kSeparator = 1,
  kOpening = 2,  // of brackets that end a word
  kSmall = 4,    // a letter, or a part of one
  kCapital = 8,
  kColon = 16,
  kOther = 32,
};

constexpr auto kClasses = [] {
  std::array<uint8_t, 256> classes{};
  classes.fill(kOther);
  for (char c : std::string_view(" \t|;,])")) classes[static_cast<uint8_t>(c)] = kSeparator;
  for (char c : std::string_view("[(")) classes[static_cast<uint8_t>(c)] = kOpening;
  for (int c = 'a'; c <= 'z'; ++c) classes[c] = kSmall;
  for (int c = 0x80; c <= 0xff; ++c) classes[c] = kSmall;
  for (int c = 'A'; c <= 'Z'; ++c) classes[c] = kCapital;
  classes[':'] = kColon;
  return classes;
}();

uint8_t ClassOf(char c) { return kClasses[static_cast<uint8_t>(c)]; }

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

// A word without a meaning of its own, and what its bytes are.
struct Word {
  std::string_view text;
  uint8_t classes = 0;

  bool OnlyOf(uint8_t allowed) const { return (classes & ~allowed) == 0; }
  bool Has(uint8_t wanted) const { return (classes & wanted) != 0; }
};

Word FirstWord(std::string_view text) {
  const size_t limit = std::min(text.size(), kWordMax);
  size_t size = 0;
  uint8_t classes = 0;
  for (; size < limit; ++size) {
    const uint8_t byte_class = ClassOf(text[size]);
    if ((byte_class & (kSeparator | kOpening)) != 0) break;
    classes |= byte_class;
  }
  // "app[123]:" is a name, and no word of prose.
  if (size < text.size() && text[size] == '[') classes |= kOther;
  return {text.substr(0, size), classes};
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
  void ReadChannelLevel(std::string_view tag);

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
    } else if (ClassOf(c) != kSeparator && !dash) {
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
  if (text.empty() || !IsDigit(text[0]) || BeginsWithNumber(text)) return false;  // a bare number is no time
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
  const Word word = FirstWord(rest_);
  if (word.text.empty() || word.text.size() == kWordMax) return false;
  const bool tag = word.text.back() == ':';
  if (at_start_ && LacksSeverity() && tag) ReadChannelLevel(word.text);
  Advance(word.text.size());
  shouting_ = false;
  if (tag) {
    at_start_ = true;
    words_ = 0;
  } else if (!word.Has(kSmall | kCapital) && (after_time_ || word.Has(kColon))) {
    after_time_ |= word.Has(kColon);                                             // a clock, or after a time any number
  } else if (word.text == "PHP") {                                               // "PHP Warning:  …"
  } else if (after_time_ && (word.text == "stdout" || word.text == "stderr")) {  // a container runtime's "stderr F …"
    if (rest_.starts_with(" F ") || rest_.starts_with(" P ")) Advance(3);
  } else {
    at_start_ = false;
    shouting_ = word.OnlyOf(kCapital);
    if (word.OnlyOf(kSmall | kCapital) && ++words_ > 1) return false;
  }
  return true;
}

// Monolog's "app.ERROR:".
void MarkReader::ReadChannelLevel(std::string_view tag) {
  const size_t dot = tag.rfind('.');
  if (dot != tag.npos && ReadLevelWord(tag.substr(dot + 1), LevelPlace::kLater, out_) > 0) after_time_ = true;
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
  if (time_size > 0 && BeginsWithNumber(text) && text.substr(0, time_size).find('.') == text.npos) {
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
