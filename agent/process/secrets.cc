#include "agent/process/secrets.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "agent/process/card_number.h"
#include "agent/process/secret_marks.h"
#include "agent/process/secret_names.h"
#include "agent/process/secret_value.h"

namespace sluice::agent {
namespace {

// What a byte is.
enum ByteClass : uint8_t {
  kWord = 1,  // letters, digits, '_'
  kEmailName = 2,
  kHostName = 4,
  kBase64 = 8,  // also of URLs
  kUpper = 16,  // and digits
  kAlnum = 32,
  kLetter = 64,
  kKeyByte = 128,  // of a name: a word, '-', '.'
};

// A key of a known form, told by how it begins.
struct KeyForm {
  std::string_view begins;
  uint8_t bytes;  // of what
  size_t min;     // at least so many of them follow
};
constexpr KeyForm kKeys[] = {
    {"AKIA", kUpper, 16},       {"ASIA", kUpper, 16},     {"AIza", kBase64, 35},    {"ghp_", kAlnum, 30},
    {"gho_", kAlnum, 30},       {"ghu_", kAlnum, 30},     {"ghs_", kAlnum, 30},     {"ghr_", kAlnum, 30},
    {"github_pat_", kWord, 22}, {"glpat-", kBase64, 20},  {"npm_", kAlnum, 36},     {"xoxa-", kBase64, 10},
    {"xoxb-", kBase64, 10},     {"xoxp-", kBase64, 10},   {"xoxr-", kBase64, 10},   {"xoxs-", kBase64, 10},
    {"sk_live_", kAlnum, 10},   {"sk_test_", kAlnum, 10}, {"rk_live_", kAlnum, 10}, {"sk-", kBase64, 20},
};
constexpr size_t kSchemeTokenMin = 8;

// With which two bytes a key, a JWT or a scheme begins, the scheme in any case.
constexpr auto kKeyPairs = [] {
  std::array<uint16_t, 32> pairs{};
  size_t count = 0;
  const auto add = [&](std::string_view begins) {
    const uint16_t pair = BytePair(begins[0], begins[1]);
    if (std::find(pairs.begin(), pairs.end(), pair) == pairs.end()) pairs[count++] = pair;
  };
  for (const KeyForm& key : kKeys) add(key.begins);
  for (std::string_view begins : {"eyJ", "bearer", "Bearer", "BEARER", "bEARER", "basic", "Basic", "BASIC", "bASIC"})
    add(begins);
  return pairs;
}();
static_assert(std::all_of(kKeyPairs.begin(), kKeyPairs.end(), [](uint16_t pair) {
  return pair == 0 || kKeyLetters.find(static_cast<char>(pair >> 8)) != kKeyLetters.npos;
}));

constexpr auto kClasses = [] {
  std::array<uint8_t, 256> classes{};
  for (int c = '0'; c <= '9'; ++c) classes[c] = kWord | kEmailName | kHostName | kBase64 | kUpper | kAlnum | kKeyByte;
  for (int c = 'a'; c <= 'z'; ++c) classes[c] = kWord | kEmailName | kHostName | kBase64 | kAlnum | kLetter | kKeyByte;
  for (int c = 'A'; c <= 'Z'; ++c) classes[c] = classes[c + 32] | kUpper;
  for (int c = 0x80; c <= 0xff; ++c) classes[c] = kEmailName | kHostName | kLetter;  // characters beyond ASCII
  for (char c : std::string_view("._%+-")) classes[static_cast<uint8_t>(c)] |= kEmailName;
  for (char c : std::string_view(".-")) classes[static_cast<uint8_t>(c)] |= kHostName;
  for (char c : std::string_view("_.-")) classes[static_cast<uint8_t>(c)] |= kKeyByte;
  for (char c : std::string_view("-_+/~.")) classes[static_cast<uint8_t>(c)] |= kBase64;
  classes['_'] |= kWord;
  return classes;
}();

bool Is(char c, uint8_t what) { return (kClasses[static_cast<uint8_t>(c)] & what) != 0; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

size_t Run(std::string_view text, size_t begin, uint8_t what) {
  size_t end = begin;
  while (end < text.size() && Is(text[end], what)) ++end;
  return end - begin;
}

// Walks over a text once.
class Finder {
 public:
  Finder(std::string_view text, uint8_t kinds, std::vector<Secret>* found)
      : text_(text), kinds_(kinds), found_(found) {}

  void Find() {
    bool inside_word = false;
    size_t next = 0;  // what is before it was looked at
    for (size_t block = 0; block < text_.size(); block += kSecretBlock) {
      const SecretMarks marks = MarksAt(block, inside_word);
      inside_word = marks.ends_in_word;
      uint64_t bits = 0;
      if ((kinds_ & kCardNumbers) != 0) bits |= marks.digits;
      if ((kinds_ & kTokens) != 0) bits |= marks.assigns | marks.keys;
      if ((kinds_ & kEmails) != 0) bits |= marks.ats;
      for (; bits != 0; bits &= bits - 1) {
        const size_t at = block + static_cast<size_t>(__builtin_ctzll(bits));
        if (at >= next) next = Look(at);
      }
    }
  }

 private:
  SecretMarks MarksAt(size_t block, bool inside_word) const {
    const char* const begin = text_.data() + block;
    const size_t size = text_.size() - block;
    if (size >= kSecretBlock) return MarkSecrets(begin, inside_word);
    char padded[kSecretBlock] = {};
    std::memcpy(padded, begin, size);
    return MarkSecrets(padded, inside_word);
  }

  // What may begin at a mark; where to go on.
  size_t Look(size_t at) {
    const char c = text_[at];
    if (c == ':' || c == '=') return LookAtValue(at);
    if (IsDigit(c)) return LookAtDigits(at);
    return c == '@' ? LookAtEmail(at) : LookAtKey(at);
  }

  size_t Add(size_t begin, size_t end, SecretKind kind) {
    found_->push_back({begin, end, kind});
    done_ = end;
    return end;
  }

  size_t LookAtDigits(size_t at) {
    size_t end = at;
    while (end < text_.size() && IsDigit(text_[end])) ++end;
    const size_t digits = end - at;
    const size_t size = digits == 4 || digits >= 13 ? CardNumberLength(text_.substr(at), digits) : 0;
    return size > 0 ? Add(at, at + size, kCardNumbers) : end;
  }

  size_t LookAtEmail(size_t at) {
    size_t begin = at;
    while (begin > done_ && Is(text_[begin - 1], kEmailName)) --begin;
    size_t end = at + 1 + Run(text_, at + 1, kHostName);
    while (end > at + 1 && !Is(text_[end - 1], kAlnum | kLetter)) --end;  // the sentence's full stop
    const std::string_view host = text_.substr(at + 1, end - at - 1);
    const size_t dot = host.rfind('.');
    if (begin == at || dot == host.npos || dot == 0) return at + 1;
    const std::string_view top = host.substr(dot + 1);
    return top.size() >= 2 && Run(top, 0, kLetter) == top.size() ? Add(begin, end, kEmails) : at + 1;
  }

  size_t LookAtKey(size_t at) {
    const std::string_view rest = text_.substr(at);
    // Most words are seen to be no keys by their second letter.
    if (rest.size() < 2 || !MayBeKey(BytePair(rest[0], rest[1]))) return at + 1;
    if (rest.starts_with("eyJ")) return LookAtJwt(at);
    for (const KeyForm& key : kKeys) {
      if (!rest.starts_with(key.begins)) continue;
      const size_t size = Run(rest, key.begins.size(), key.bytes);
      if (size >= key.min) return Add(at, at + key.begins.size() + size, kTokens);
    }
    const size_t scheme = BearerOrBasicSize(rest);
    if (scheme == 0) return at + 1;
    const std::string_view token = rest.substr(scheme, TokenSize(rest.substr(scheme)));
    const bool is_token = token.size() >= kSchemeTokenMin && LooksRandom(token);
    return is_token ? Add(at + scheme, at + scheme + token.size(), kTokens) : at + 1;
  }

  static bool MayBeKey(uint16_t pair) {
    bool found = false;
    for (uint16_t known : kKeyPairs) found |= known == pair;  // all of them: without branches
    return found;
  }

  // No word of prose, as in "Basic training".
  static bool LooksRandom(std::string_view token) {
    if (token.size() >= 20 || token.back() == '=' || std::any_of(token.begin(), token.end(), IsDigit)) return true;
    int humps = 0;  // as in "dXNlcjpwYXNz"
    for (size_t i = 1; i < token.size(); ++i) humps += Is(token[i], kUpper) && !Is(token[i - 1], kUpper) ? 1 : 0;
    return humps > 1;
  }

  // header.payload.signature
  size_t LookAtJwt(size_t at) {
    constexpr size_t kPartMin = 8;
    size_t end = at;
    for (int part = 0; part < 2; ++part) {
      const size_t begin = end;
      while (end < text_.size() && text_[end] != '.' && Is(text_[end], kBase64)) ++end;
      if (end - begin < kPartMin || end == text_.size() || text_[end] != '.') return at + 1;
      ++end;
    }
    while (end < text_.size() && text_[end] != '.' && Is(text_[end], kBase64)) ++end;
    return Add(at, end, kTokens);
  }

  // Behind a name that tells: at '=' or ':'.
  size_t LookAtValue(size_t at) {
    size_t name_end = at;
    while (name_end > done_ && text_[name_end - 1] == ' ') --name_end;
    if (text_[at] == '=' && name_end > done_ && text_[name_end - 1] == ']') --name_end;  // PHP's "[name] => …"
    while (name_end > done_ &&
           (text_[name_end - 1] == '"' || text_[name_end - 1] == '\'' || text_[name_end - 1] == '\\')) {
      --name_end;
    }
    // Most names are seen to be no secret's by their last letters.
    if (name_end - done_ < 2 || !MayEndSecretName(text_[name_end - 2], text_[name_end - 1])) return at + 1;
    size_t name_begin = name_end;
    while (name_begin > done_ && Is(text_[name_begin - 1], kKeyByte)) --name_begin;
    const std::string_view name = text_.substr(name_begin, name_end - name_begin);
    if (!NamesSecret(name)) return at + 1;
    const bool in_query = name_begin > 0 && (text_[name_begin - 1] == '?' || text_[name_begin - 1] == '&');
    const bool is_header = NamesAuthorization(name) && !in_query;
    return FindSecretValues(text_, at + 1, is_header ? SecretNameKind::kAuthorization : SecretNameKind::kOther,
                            [this](size_t begin, size_t end) { Add(begin, end, kTokens); });
  }

  const std::string_view text_;
  const uint8_t kinds_;
  std::vector<Secret>* const found_;
  size_t done_ = 0;  // the end of the last one
};

}  // namespace

void FindSecrets(std::string_view text, uint8_t kinds, std::vector<Secret>* found) {
  Finder(text, kinds, found).Find();
}

}  // namespace sluice::agent
