#include "agent/process/redactor.h"

#include <utility>

#include "agent/process/secret_names.h"
#include "base/status.h"
#include "base/text.h"

namespace sluice::agent {
namespace {

constexpr size_t kRegexBytesMax = 4096;
// A text that masks would make longer by more than this becomes one mask: its record must fit a message.
constexpr size_t kGrowthBytesMax = 4096;

size_t IndexOf(SecretKind kind) { return kind == kCardNumbers ? 0 : kind == kTokens ? 1 : 2; }

absl::StatusOr<std::shared_ptr<const re2::RE2>> Compile(const RedactRule& rule) {
  if (rule.regex.size() > kRegexBytesMax) {
    return InvalidArgument("found an expression of ", rule.regex.size(), " bytes; allowed are ", kRegexBytesMax);
  }
  re2::RE2::Options options;
  options.set_log_errors(false);
  auto regex = std::make_shared<const re2::RE2>(rule.regex, options);
  if (!regex->ok()) {
    return InvalidArgument("found ", Quoted(rule.regex), "; it is no RE2 expression: ", regex->error());
  }
  if (re2::RE2::FullMatch("", *regex)) {
    return InvalidArgument("found ", Quoted(rule.regex), "; it matches nothing at all, everywhere");
  }
  if (std::string problem; !regex->CheckRewriteString(rule.mask, &problem)) {
    return InvalidArgument("found the mask ", Quoted(rule.mask), ": ", problem);
  }
  return regex;
}

}  // namespace

absl::StatusOr<Redactor> Redactor::Create(const std::vector<RedactRule>& rules) {
  Redactor redactor;
  for (size_t i = 0; i < rules.size(); ++i) {
    const RedactRule& rule = rules[i];
    if (rule.regex.empty() == (rule.presets == 0)) {
      return InvalidArgument("redact[", i, "]: a rule needs a preset or a regex, and not both");
    }
    for (SecretKind kind : {kCardNumbers, kTokens, kEmails}) {
      if ((rule.presets & kind) != 0) redactor.masks_[IndexOf(kind)] = rule.mask;
    }
    redactor.presets_ |= rule.presets;
    if (rule.regex.empty()) continue;
    absl::StatusOr<std::shared_ptr<const re2::RE2>> regex = Compile(rule);
    if (!regex.ok()) return Annotate(regex.status(), StrCat("redact[", i, "]"));
    redactor.expressions_.push_back({*std::move(regex), rule.mask});
  }
  return redactor;
}

const std::string& Redactor::MaskOf(SecretKind kind) const { return masks_[IndexOf(kind)]; }

uint32_t Redactor::Redact(std::string_view text, std::vector<Secret>* scratch, std::string* out) const {
  uint32_t count = 0;
  if (presets_ != 0) {
    scratch->clear();
    FindSecrets(text, presets_, scratch);
    count = static_cast<uint32_t>(scratch->size());
  }
  if (count > 0) {
    out->clear();
    size_t done = 0;
    for (const Secret& secret : *scratch) {
      out->append(text.substr(done, secret.begin - done));
      out->append(MaskOf(secret.kind));
      done = secret.end;
    }
    out->append(text.substr(done));
  }
  for (const Expression& expression : expressions_) {
    const std::string_view now = count > 0 ? std::string_view(*out) : text;
    const re2::StringPiece piece(now.data(), now.size());
    if (!expression.regex->Match(piece, 0, piece.size(), re2::RE2::UNANCHORED, nullptr, 0)) continue;
    if (count == 0) *out = text;
    count += static_cast<uint32_t>(re2::RE2::GlobalReplace(out, *expression.regex, expression.mask));
  }
  if (count > 0 && out->size() > text.size() + kGrowthBytesMax) *out = kDefaultMask;
  return count;
}

uint32_t Redactor::RedactValue(std::string_view name, std::string_view value, std::vector<Secret>* scratch,
                               std::string* out) const {
  if ((presets_ & kTokens) != 0 && !value.empty() && NamesSecret(name)) {
    *out = MaskOf(kTokens);
    return 1;
  }
  return Redact(value, scratch, out);
}

}  // namespace sluice::agent
