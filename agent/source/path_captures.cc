#include "agent/source/path_captures.h"

#include <algorithm>

#include "base/status.h"
#include "base/text.h"

namespace sluice::agent {
namespace {

constexpr size_t kCapturesMax = 16;

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsNameByte(char c) { return IsLetter(c) || (c >= '0' && c <= '9') || c == '_'; }

// The name of the capture that `rest` begins with, "{name}"; empty if it begins with something else.
std::string_view CaptureName(std::string_view rest) {
  if (rest.size() < 3 || rest[0] != '{' || !IsLetter(rest[1])) return {};
  size_t end = 1;
  while (end < rest.size() && IsNameByte(rest[end])) ++end;
  return end < rest.size() && rest[end] == '}' ? rest.substr(1, end - 1) : std::string_view();
}

// Turns a glob into an expression, piece by piece.
class Translator {
 public:
  explicit Translator(std::string_view glob) : rest_(glob) {}

  // False behind the last piece.
  bool Next() {
    if (rest_.empty()) return false;
    if (rest_.starts_with("**/")) return Take(3, "(?:.*/)?");
    if (rest_.starts_with("**")) return Take(2, ".*");
    switch (rest_[0]) {
      case '*':
        return Take(1, "[^/]*");
      case '?':
        return Take(1, "[^/]");
      case '{':
        ++depth_;
        return Take(1, "(?:");
      case '}':
        if (depth_ > 0) return --depth_, Take(1, ")");
        break;
      case ',':
        if (depth_ > 0) return Take(1, "|");
        break;
      case '[':
        if (TakeSet()) return true;
        break;
      case '\\':
        if (rest_.size() > 1) rest_.remove_prefix(1);
        break;
      default:
        break;
    }
    return TakeCharacter();
  }

  bool Take(size_t size, std::string_view expression) {
    rest_.remove_prefix(size);
    regex_ += expression;
    return true;
  }
  std::string_view rest() const { return rest_; }
  const std::string& regex() const { return regex_; }

 private:
  // A character is all the bytes of its UTF-8.
  bool TakeCharacter() {
    size_t size = 1;
    while (size < rest_.size() && (static_cast<unsigned char>(rest_[size]) & 0xc0) == 0x80) ++size;
    return Take(size, re2::RE2::QuoteMeta(re2::StringPiece(rest_.data(), size)));
  }

  bool TakeSet() {
    const bool negated = rest_.size() > 1 && (rest_[1] == '!' || rest_[1] == '^');
    const size_t begin = negated ? 2 : 1;
    const size_t end = rest_.find(']', begin + 1);
    if (end == rest_.npos) return false;
    std::string set = negated ? "[^/" : "[";
    for (char c : rest_.substr(begin, end - begin)) {
      if (c == '\\' || c == '[' || c == ']' || c == '^') set += '\\';
      set += c;
    }
    return Take(end + 1, set + "]");
  }

  std::string_view rest_;
  std::string regex_;
  int depth_ = 0;
};

absl::Status CheckName(std::string_view name, const std::vector<std::string>& others) {
  for (std::string_view known : {"dir", "file", "source", "agent"}) {
    if (name == known)
      return InvalidArgument("found {", name, "}; topics use this name for something else, choose another");
  }
  if (std::find(others.begin(), others.end(), name) != others.end()) {
    return InvalidArgument("found {", name, "} twice; a name stands for one part of the path");
  }
  if (others.size() >= kCapturesMax) return InvalidArgument("found more than ", kCapturesMax, " names");
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<PathCaptures> PathCaptures::Compile(std::string_view pattern) {
  PathCaptures captures;
  Translator translator(pattern);
  while (!translator.rest().empty()) {
    const std::string_view rest = translator.rest();
    if (const std::string_view name = CaptureName(rest); !name.empty()) {
      SLUICE_RETURN_IF_ERROR(CheckName(name, captures.names_));
      captures.names_.emplace_back(name);
      translator.Take(name.size() + 2, StrCat("(?P<", name, ">[^/]+)"));
      captures.glob_ += '*';
      continue;
    }
    translator.Next();
    captures.glob_ += rest.substr(0, rest.size() - translator.rest().size());
  }
  if (captures.names_.empty()) return captures;
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_dot_nl(true);
  auto regex = std::make_shared<const re2::RE2>(translator.regex(), options);
  if (!regex->ok())
    return InvalidArgument("found ", Quoted(pattern), "; with names in it this is no pattern: ", regex->error());
  captures.regex_ = std::move(regex);
  return captures;
}

bool PathCaptures::Match(std::string_view path, std::map<std::string, std::string>* values) const {
  if (regex_ == nullptr) return false;
  re2::StringPiece matched[1 + kCapturesMax];
  // RE2 matches no byte that is not UTF-8.
  const std::string shown = IsValidUtf8(path) ? std::string() : ReplaceInvalidUtf8(path);
  if (!shown.empty()) path = shown;
  const re2::StringPiece text(path.data(), path.size());
  const int count = static_cast<int>(names_.size()) + 1;
  if (!regex_->Match(text, 0, text.size(), re2::RE2::ANCHOR_BOTH, matched, count)) return false;
  for (size_t i = 0; i < names_.size(); ++i) {
    const re2::StringPiece& part = matched[i + 1];
    if (part.data() != nullptr) (*values)[names_[i]] = std::string(part.data(), part.size());
  }
  return true;
}

}  // namespace sluice::agent
