// Reads the members of a JSON object one by one, as far as somebody asks: for those who want a few of them only.
//
// Exact as to nesting, strings and escapes, but no validator.
#pragma once

#include <cstddef>
#include <string_view>

#include "agent/parse/scan.h"

namespace sluice::agent {

namespace internal {

// Where a nested value of the text [begin, end) that begins at `p` ends; null if it does not.
const char* FindNestedEnd(const char* begin, const char* end, const char* p);

const char* SkipJsonSpace(const char* p, const char* end);

}  // namespace internal

class MemberReader {
 public:
  enum class Kind { kString, kScalar, kNested };  // kScalar: a number, true, false, null

  // `object` begins with its '{'.
  explicit MemberReader(std::string_view object)
      : begin_(object.data()), end_(begin_ + object.size()), p_(begin_ + 1), quotes_(begin_, end_, p_) {}

  // False at the end of the object and where the text is malformed.
  [[gnu::always_inline]] bool Next() {
    if (!first_ && !Skip(',')) return false;
    whole_ = first_;  // an object may end before its first member, and not behind a comma
    first_ = false;
    if (!Skip('"')) return false;
    whole_ = false;
    if (!ReadString(&name_) || !Skip(':')) return false;
    if (Skip('"')) {
      kind_ = Kind::kString;
      whole_ = ReadString(&value_);
    } else {
      whole_ = p_ < end_ && (*p_ == '{' || *p_ == '[' ? ReadNested() : ReadScalar());
    }
    return whole_;
  }

  // After Next has returned false: if that was the end of the object, and of the text.
  bool AtEnd() { return whole_ && Skip('}') && internal::SkipJsonSpace(p_, end_) == end_; }

  std::string_view name() const { return name_; }  // its escapes as they stand
  // Of a string without its quotation marks and with its escapes as they stand; of anything else as it stands.
  std::string_view value() const { return value_; }
  Kind kind() const { return kind_; }

 private:
  // True if the next byte behind white space is `c`, which is then passed.
  [[gnu::always_inline]] bool Skip(char c) {
    if (p_ < end_ && *p_ <= ' ') [[unlikely]]
      p_ = internal::SkipJsonSpace(p_, end_);
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
    const char* const after = internal::FindNestedEnd(begin_, end_, p_);
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
  bool whole_ = true;  // what is read so far are whole members
  std::string_view name_;
  std::string_view value_;
  Kind kind_ = Kind::kScalar;
};

}  // namespace sluice::agent
