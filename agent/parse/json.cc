#include "agent/parse/json.h"

#include "agent/parse/field.h"
#include "agent/parse/scan.h"

namespace sluice::agent {
namespace {

// Where a nested value of the text [begin, end) that begins at `p` ends; null if it does not.
[[gnu::noinline]] const char* FindNestedEnd(const char* begin, const char* end, const char* p) {
  MarkScanner<MarkKind::kBrackets> marks(begin, end, p);
  size_t depth = 0;
  for (const char* mark = marks.Next(); mark < end; mark = marks.Next()) {
    if (*mark == '"') {
      const char* const content = mark + 1;
      do {
        mark = marks.Next();
      } while (mark < end && (*mark != '"' || IsEscaped(content, mark)));
      if (mark == end) return nullptr;
    } else if ((*mark | 0x20) == '{') {
      ++depth;
    } else if (--depth == 0) {
      return mark + 1;
    }
  }
  return nullptr;
}

[[gnu::noinline]] const char* SkipSpace(const char* p, const char* end) {
  while (p < end && (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n')) ++p;
  return p;
}

// Reads the members of an object one by one.
class MemberReader {
 public:
  enum class Kind { kString, kScalar, kNested };  // kScalar: a number, true, false, null

  // `object` begins with its '{'.
  explicit MemberReader(std::string_view object)
      : begin_(object.data()), end_(begin_ + object.size()), p_(begin_ + 1), quotes_(begin_, end_, p_) {}

  // False at the end of the object and where the text is malformed.
  [[gnu::always_inline]] bool Next() {
    if (!first_ && !Skip(',')) return false;
    first_ = false;
    if (!Skip('"') || !ReadString(&name_) || !Skip(':')) return false;
    if (Skip('"')) {
      kind_ = Kind::kString;
      return ReadString(&value_);
    }
    return p_ < end_ && (*p_ == '{' || *p_ == '[' ? ReadNested() : ReadScalar());
  }

  std::string_view name() const { return name_; }  // its escapes as they stand
  // Of a string without its quotation marks and with its escapes as they stand; of anything else as it stands.
  std::string_view value() const { return value_; }
  Kind kind() const { return kind_; }

 private:
  // True if the next byte behind white space is `c`, which is then passed.
  [[gnu::always_inline]] bool Skip(char c) {
    if (p_ < end_ && *p_ <= ' ') [[unlikely]]
      p_ = SkipSpace(p_, end_);
    if (p_ == end_ || *p_ != c) return false;
    ++p_;
    return true;
  }

  // Behind the opening quotation mark.
  [[gnu::always_inline]] bool ReadString(std::string_view* text) {
    quotes_.Next();  // the opening one
    const char* close = quotes_.Next();
    while (close < end_ && IsEscaped(p_, close)) close = quotes_.Next();
    if (close == end_) return false;
    *text = {p_, static_cast<size_t>(close - p_)};
    p_ = close + 1;
    return true;
  }

  [[gnu::always_inline]] bool ReadScalar() {
    const char* const begin = p_;
    p_ = FindScalarEnd(p_, end_);
    kind_ = Kind::kScalar;
    value_ = {begin, static_cast<size_t>(p_ - begin)};
    return true;
  }

  [[gnu::always_inline]] bool ReadNested() {
    const char* const begin = p_;
    const char* const after = FindNestedEnd(begin_, end_, p_);
    if (after == nullptr) return false;
    kind_ = Kind::kNested;
    value_ = {begin, static_cast<size_t>(after - begin)};
    p_ = after;
    quotes_ = MarkScanner<MarkKind::kQuotes>(begin_, end_, after);
    return true;
  }

  const char* const begin_;
  const char* const end_;
  const char* p_;
  MarkScanner<MarkKind::kQuotes> quotes_;  // the marks at p_ or behind it
  bool first_ = true;
  std::string_view name_;
  std::string_view value_;
  Kind kind_ = Kind::kScalar;
};

// MongoDB's way to write a time: {"$date":"2026-11-20T09:15:39.123+00:00"}.
[[gnu::noinline]] bool ReadDollarDate(std::string_view object, std::string_view* time) {
  if (object[0] != '{') return false;
  MemberReader members(object);
  if (!members.Next() || members.name() != "$date") return false;
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
  MemberReader members(text);
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
