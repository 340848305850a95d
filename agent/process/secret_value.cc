#include "agent/process/secret_value.h"

#include <algorithm>

#include "agent/process/secret_names.h"

namespace sluice::agent {
namespace {

// Of HTTP authentication, in lower case.
struct Scheme {
  std::string_view name;
  bool one_token;  // its credentials are one token, and not parameters or anything else
};
constexpr Scheme kSchemes[] = {
    {"bearer", true},         {"basic", true},          {"token", true},   {"negotiate", true},
    {"ntlm", true},           {"kerberos", true},       {"jwt", true},     {"dpop", true},
    {"splunk", true},         {"ssws", true},           {"digest", false}, {"apikey", false},
    {"api-key", false},       {"key", false},           {"oauth", false},  {"hawk", false},
    {"mac", false},           {"signature", false},     {"aws", false},    {"aws4-hmac-sha256", false},
    {"sharedkey", false},     {"sharedkeylite", false}, {"hmac", false},   {"sharedaccesssignature", false},
    {"scram-sha-256", false}, {"scram-sha-1", false},   {"vapid", false},  {"googlelogin", false},
};
constexpr size_t kSchemeMax = 24;

bool IsAlnum(char c) { return (c >= '0' && c <= '9') || (LowerLetter(c) >= 'a' && LowerLetter(c) <= 'z'); }
bool IsBlank(char c) { return c == ' ' || c == '\t'; }
bool IsQuote(char c) { return c == '"' || c == '\'' || c == '`'; }
bool IsOneOf(char c, std::string_view set) { return set.find(c) != set.npos; }

size_t BlanksAt(std::string_view text, size_t at) {
  size_t end = at;
  while (end < text.size() && IsBlank(text[end])) ++end;
  return end - at;
}

// A scheme and the blanks behind it, if `text` begins with one and anything follows.
struct SchemePlace {
  const Scheme* scheme = nullptr;
  size_t size = 0;
};

SchemePlace ReadScheme(std::string_view text) {
  size_t size = 0;
  while (size < text.size() && size <= kSchemeMax && (IsAlnum(text[size]) || text[size] == '-')) ++size;
  const size_t blanks = BlanksAt(text, size);
  if (size == 0 || blanks == 0 || size + blanks == text.size()) return {};
  for (const Scheme& scheme : kSchemes) {
    if (scheme.name.size() == size && EndsInAnyCase(text.substr(0, size), scheme.name)) return {&scheme, size + blanks};
  }
  return {};
}

// How many of the `before` backslashes in front of a quotation mark are its own, if it ends what a mark with `own`
// backslashes began, or a text around it; -1 if it stands inside. JSON inside of JSON has one, inside of that three,
// and a mark inside of it twice as many and one more.
int OwnBackslashes(size_t before, size_t own) {
  for (;; own /= 2) {
    if (before % (2 * own + 2) == own) return static_cast<int>(own);
    if (own == 0) return -1;
  }
}

// A quotation mark that begins a value.
struct Quote {
  char mark = '\0';
  size_t backslashes = 0;
};

class ValueReader {
 public:
  ValueReader(std::string_view text, SecretNameKind name, absl::FunctionRef<void(size_t, size_t)> found)
      : text_(text), is_header_(name == SecretNameKind::kAuthorization), found_(found) {}

  size_t Read(size_t at) {
    while (at < text_.size() && IsOneOf(text_[at], " \t=>")) ++at;  // "=>", too
    if (at == text_.size() || (text_[at] != '[' && text_[at] != '(')) return ReadOne(at, '\0');
    const char close = text_[at] == '[' ? ']' : ')';
    do {
      at = ReadOne(SkipBlanks(at + 1), close);
      at = SkipBlanks(at);
    } while (at < text_.size() && text_[at] == ',');
    return at;
  }

 private:
  size_t SkipBlanks(size_t at) const { return at + BlanksAt(text_, at); }
  size_t BackslashesBefore(size_t at, size_t begin) const {
    size_t count = 0;
    while (at - count > begin && text_[at - count - 1] == '\\') ++count;
    return count;
  }

  // `close`: the bracket that ends the list around it, if there is one.
  size_t ReadOne(size_t at, char close) {
    Quote quote;
    if (const size_t begin = BehindQuote(at, &quote); begin > 0) return ReadQuoted(begin, quote);
    return is_header_ ? ReadHeader(at, close) : ReadWord(at);
  }

  // Behind the quotation mark with which a value begins, as in "x", 'x', \"x\", u'x', b"x", @"x"; 0 if there is none.
  size_t BehindQuote(size_t at, Quote* quote) const {
    size_t mark = at;
    if (mark + 1 < text_.size() && IsOneOf(text_[mark], "bBuUrRfF$@") && IsQuote(text_[mark + 1])) ++mark;
    const size_t slashes = mark;
    while (mark < text_.size() && text_[mark] == '\\') ++mark;
    if (mark == text_.size() || !IsQuote(text_[mark])) return 0;
    *quote = {text_[mark], mark - slashes};
    return mark + 1;
  }

  size_t ReadQuoted(size_t begin, Quote quote) {
    const size_t end = is_header_ ? EndOfHeader(begin, quote, '\0') : EndOfQuoted(begin, quote);
    const std::string_view value = text_.substr(begin, end - begin);
    const size_t kept = is_header_ ? ReadScheme(value).size : BearerOrBasicSize(value);
    Add(begin + kept, end);
    const size_t mark = text_.find_first_not_of('\\', end);
    return std::min(mark, text_.size() - 1) + 1;
  }

  // The backslashes of what ends the quotation; the end of the text if nothing does.
  size_t EndOfQuoted(size_t begin, Quote quote) const {
    for (size_t at = text_.find(quote.mark, begin); at != text_.npos; at = text_.find(quote.mark, at + 1)) {
      const int own = OwnBackslashes(BackslashesBefore(at, begin), quote.backslashes);
      if (own >= 0) return at - static_cast<size_t>(own);
    }
    return text_.size();
  }

  size_t ReadWord(size_t at) {
    const size_t begin = at + BearerOrBasicSize(text_.substr(at));
    // The scheme is not kept: it may be the secret.
    size_t end = EndOfWord(begin + ReadScheme(text_.substr(begin)).size);
    return AddWord(begin, end);
  }

  size_t EndOfWord(size_t at) const {
    while (at < text_.size() && !IsOneOf(text_[at], " \t\r\n,;&)}]\"'`<>{[")) {
      if (text_[at] == '\\' && !IsEscapeOfToken(at)) break;
      ++at;
    }
    return at;
  }

  // "\/" and "\u002B" stand in a token that JSON's writer escaped.
  bool IsEscapeOfToken(size_t at) const {
    return at + 1 < text_.size() && (text_[at + 1] == '/' || text_[at + 1] == 'u');
  }

  size_t AddWord(size_t begin, size_t end) {
    const std::string_view value = text_.substr(begin, end - begin);
    if (value == "null" || value == "true" || value == "false") return end;
    return Add(begin, end);
  }

  // Credentials that are in no quotation marks of their own.
  size_t ReadHeader(size_t at, char close) {
    const SchemePlace place = ReadScheme(text_.substr(at));
    const size_t begin = at + place.size;
    if (place.scheme != nullptr && place.scheme->one_token) {
      const size_t end = begin + TokenSize(text_.substr(begin));
      if (IsAllOfIt(begin, end)) return Add(begin, end);
    }
    return AddWord(begin, EndOfHeader(begin, {}, close));
  }

  // If a token ends there that is the whole credentials, and no part of something else.
  bool IsAllOfIt(size_t begin, size_t end) const {
    if (end == begin) return false;
    const size_t mark = text_.find_first_not_of('\\', end);
    if (mark != text_.npos && IsQuote(text_[mark]) && Opens(begin, end, mark + 1)) return false;
    if (end == text_.size() || IsOneOf(text_[end], "\r\n,;)}]\"'`<>\\")) return true;
    return IsBlank(text_[end]) &&
           std::any_of(text_.begin() + static_cast<ptrdiff_t>(begin), text_.begin() + static_cast<ptrdiff_t>(end),
                       [](char c) { return c >= '0' && c <= '9'; });
  }

  // The end of the line, or of the quotation (`quote`, or any if it is none) or list around the credentials: parameters
  // may have quotation marks of their own.
  size_t EndOfHeader(size_t begin, Quote quote, char close) const {
    for (size_t at = begin; at < text_.size(); ++at) {
      const char c = text_[at];
      if (quote.mark == '\0' && (c == '\n' || (c == close && c != '\0') || IsEscapedNewline(begin, at))) return at;
      if (!IsQuote(c) || (quote.mark != '\0' && c != quote.mark)) continue;
      const size_t before = BackslashesBefore(at, begin);
      if (Opens(begin, at - before, at + 1)) {
        const size_t end = EndOfQuoted(at + 1, {c, before});
        at = text_.find(c, end);
        if (at == text_.npos || at - end < before) return end;  // what ends is the text around it
        continue;
      }
      const int own = quote.mark != '\0' ? OwnBackslashes(before, quote.backslashes) : OwnIfCloses(before, at + 1);
      if (own >= 0) return at - static_cast<size_t>(own);
    }
    return text_.size();
  }

  // If a quotation mark whose backslashes begin at `at` begins a parameter's value, as in `realm="x"`.
  bool Opens(size_t begin, size_t at, size_t next) const {
    if (at == begin || !IsOneOf(text_[at - 1], "= :,([{")) return false;
    return next < text_.size() && !IsOneOf(text_[next], " \t\r\n,;)]}\\");
  }

  // As OwnBackslashes, of a mark that ends what nobody saw begin: what stands behind it tells it from an apostrophe.
  int OwnIfCloses(size_t before, size_t next) const {
    if (next < text_.size() && !IsOneOf(text_[next], " \t\r\n,;:)]}>\\\"'`")) return -1;
    return static_cast<int>(before % 2 == 0 ? 0 : before);
  }

  // "\r\n", written out, as JSON has it in a text.
  bool IsEscapedNewline(size_t begin, size_t at) const {
    if (text_[at] != '\\' || (at > begin && text_[at - 1] == '\\')) return false;
    const std::string_view rest = text_.substr(at);
    const size_t letter = rest.find_first_not_of('\\');
    if (letter == rest.npos || rest[letter] != 'r') return false;
    const size_t next = rest.find_first_not_of('\\', letter + 1);
    return next != rest.npos && next > letter + 1 && rest[next] == 'n';
  }

  size_t Add(size_t begin, size_t end) {
    if (end > begin) found_(begin, end);
    return std::max(begin, end);
  }

  const std::string_view text_;
  const bool is_header_;
  const absl::FunctionRef<void(size_t, size_t)> found_;
};

}  // namespace

size_t FindSecretValues(std::string_view text, size_t at, SecretNameKind name,
                        absl::FunctionRef<void(size_t begin, size_t end)> found) {
  return ValueReader(text, name, found).Read(at);
}

size_t BearerOrBasicSize(std::string_view text) {
  for (std::string_view name : {std::string_view("bearer"), std::string_view("basic")}) {
    const size_t size = name.size();
    if (text.size() <= size || !IsBlank(text[size]) || !EndsInAnyCase(text.substr(0, size), name)) continue;
    return size + BlanksAt(text, size);
  }
  return 0;
}

size_t TokenSize(std::string_view text) {
  const auto is_token_byte = [](char c) { return IsAlnum(c) || IsOneOf(c, "-._~+/"); };
  size_t size = 0;
  while (size < text.size()) {
    if (is_token_byte(text[size])) {
      ++size;
    } else if (text[size] == '\\' && size + 1 < text.size() && (text[size + 1] == '/' || text[size + 1] == 'u')) {
      size += 2;
    } else {
      break;
    }
  }
  while (size > 0 && size < text.size() && text[size] == '=') ++size;
  return size;
}

}  // namespace sluice::agent
