#include "agent/parse/json.h"

#include "agent/parse/field.h"
#include "agent/parse/scan.h"

namespace sluice::agent {
namespace {

// Reads the members of an object one by one.
class MemberReader {
 public:
  enum class Kind { kString, kScalar, kNested };  // kScalar: a number, true, false, null

  // `text` begins behind the '{'.
  MemberReader(const char* begin, const char* end) : p_(begin), end_(end) {}

  // False at the end of the object and where the text is malformed.
  bool Next();

  std::string_view name() const { return name_; }  // its escapes as they stand
  // Of a string without its quotation marks and with its escapes as they stand; of anything else as it stands.
  std::string_view value() const { return value_; }
  Kind kind() const { return kind_; }

 private:
  void SkipSpace() {
    while (p_ < end_ && (*p_ == ' ' || *p_ == '\t' || *p_ == '\r' || *p_ == '\n')) ++p_;
  }
  bool Skip(char c) {
    SkipSpace();
    if (p_ == end_ || *p_ != c) return false;
    ++p_;
    return true;
  }
  bool ReadString(std::string_view* text);
  bool ReadValue();
  bool SkipNested();

  const char* p_;
  const char* const end_;
  bool first_ = true;
  std::string_view name_;
  std::string_view value_;
  Kind kind_ = Kind::kScalar;
};

inline bool MemberReader::Next() {
  if (!first_ && !Skip(',')) return false;
  first_ = false;
  return Skip('"') && ReadString(&name_) && Skip(':') && ReadValue();
}

// Behind the opening quotation mark.
inline bool MemberReader::ReadString(std::string_view* text) {
  const char* const close = FindStringEnd(p_, end_);
  if (close == nullptr) return false;
  *text = {p_, static_cast<size_t>(close - p_)};
  p_ = close + 1;
  return true;
}

inline bool MemberReader::ReadValue() {
  SkipSpace();
  if (p_ == end_) return false;
  if (*p_ == '"') {
    ++p_;
    kind_ = Kind::kString;
    return ReadString(&value_);
  }
  const char* const begin = p_;
  if (*p_ == '{' || *p_ == '[') {
    kind_ = Kind::kNested;
    if (!SkipNested()) return false;
  } else {
    kind_ = Kind::kScalar;
    while (p_ < end_ && *p_ != ',' && *p_ != '}' && *p_ != ' ') ++p_;
  }
  value_ = {begin, static_cast<size_t>(p_ - begin)};
  return true;
}

bool MemberReader::SkipNested() {
  size_t depth = 0;
  while (p_ < end_) {
    switch (*p_++) {
      case '"': {
        std::string_view text;
        if (!ReadString(&text)) return false;
        break;
      }
      case '{':
      case '[':
        ++depth;
        break;
      case '}':
      case ']':
        if (--depth == 0) return true;
        break;
      default:
        break;
    }
  }
  return false;
}

// MongoDB's way to write a time: {"$date":"2026-11-20T09:15:39.123+00:00"}.
bool ReadDollarDate(std::string_view object, std::string_view* time) {
  MemberReader members(object.data() + 1, object.data() + object.size());
  if (object[0] != '{' || !members.Next() || members.name() != "$date") return false;
  *time = members.value();
  return members.kind() == MemberReader::Kind::kString;
}

bool BeginsLikeObject(std::string_view text) {
  if (text.empty() || text[0] != '{') return false;
  const size_t next = text.find_first_not_of(" \t", 1);
  return next != text.npos && text[next] == '"';
}

}  // namespace

bool ParseJson(std::string_view text, TimeReader* times, ParsedLine* out) {
  if (!BeginsLikeObject(text)) return false;
  bool mongo = false;  // its severity stands in "s", behind the time
  MemberReader members(text.data() + 1, text.data() + text.size());
  while (!IsComplete(*out) && members.Next()) {
    FieldMeaning meaning = MeaningOf(members.name());
    if (mongo && members.name() == "s") meaning = FieldMeaning::kSeverity;
    if (meaning == FieldMeaning::kNone) continue;
    std::string_view value = members.value();
    if (members.kind() == MemberReader::Kind::kNested) {
      if (meaning != FieldMeaning::kTime || !ReadDollarDate(value, &value)) continue;
      mongo = true;
    }
    TakeField(meaning, value, times, out);
  }
  return true;
}

}  // namespace sluice::agent
