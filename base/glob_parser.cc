#include "base/glob_parser.h"

#include "base/status.h"
#include "base/strings.h"
#include "base/text.h"

namespace sluice::glob_internal {
namespace {

constexpr size_t kPatternBytesMax = 4096;
constexpr int kDepthMax = 32;
constexpr Character kNoUtf8 = 0x110000;  // above it, a byte

}  // namespace

Character TakeCharacter(std::string_view* text) {
  const Utf8Char c = DecodeUtf8(*text);
  const Character character = c.valid ? c.code_point : kNoUtf8 + static_cast<uint8_t>(text->front());
  text->remove_prefix(c.valid ? c.size : 1);
  return character;
}

Parser::Parser(std::string_view pattern, bool path, std::vector<Instruction>* instructions, std::vector<CharSet>* sets)
    : pattern_(pattern), path_(path), instructions_(instructions), sets_(sets), rest_(pattern) {}

absl::Status Parser::Parse() {
  if (pattern_.empty()) return InvalidArgument("empty pattern: it would match nothing");
  if (pattern_.size() > kPatternBytesMax) {
    return InvalidArgument("pattern of ", pattern_.size(), " bytes; at most ", kPatternBytesMax, " are allowed");
  }
  SLUICE_RETURN_IF_ERROR(ParseSequence(0));
  Emit(Op::kMatch);
  return absl::OkStatus();
}

absl::Status Parser::ParseSequence(int depth) {
  while (!AtEnd()) {
    if (depth > 0 && (At(',') || At('}'))) return absl::OkStatus();
    if (At('}')) return Error("'}' without '{' (write \\} for the character itself)", taken_ + 1);
    if (At('*')) {
      ParseStars();
    } else if (TakeIf('?')) {
      Emit(path_ ? Op::kAnyInComponent : Op::kAny);
    } else if (At('[')) {
      SLUICE_RETURN_IF_ERROR(ParseSet());
    } else if (At('{')) {
      SLUICE_RETURN_IF_ERROR(ParseAlternatives(depth + 1));
    } else {
      Character literal;
      SLUICE_RETURN_IF_ERROR(ParseLiteral(&literal));
      Emit(Op::kCharacter, literal);
    }
  }
  return absl::OkStatus();
}

void Parser::ParseStars() {
  size_t stars = 0;
  while (TakeIf('*')) ++stars;
  const bool deep = path_ && stars >= 2;
  // `**/` is a choice between the loop with its '/', and nothing where a component starts.
  const bool optional = deep && TakeIf('/');
  const uint32_t choice = optional ? Emit(Op::kSplit) : 0;
  const uint32_t loop = Emit(Op::kSplit);
  const uint32_t any = Emit(path_ && !deep ? Op::kAnyInComponent : Op::kAny);
  (*instructions_)[any].next = loop;
  (*instructions_)[loop].argument = Here();
  if (!optional) return;
  const uint32_t slash = Emit(Op::kCharacter, '/');
  (*instructions_)[choice].argument = Emit(Op::kIfComponentStart);
  (*instructions_)[slash].next = Here();
}

absl::Status Parser::ParseAlternatives(int depth) {
  const size_t opened_at = taken_ + 1;
  Take();
  if (depth > kDepthMax) return Error(StrCat("more than ", kDepthMax, " nested '{'"), opened_at);
  // Each alternative is a split between itself and the next one; its end jumps behind the last, which is not known yet.
  std::vector<uint32_t> ends;
  while (true) {
    const uint32_t split = Emit(Op::kSplit);
    SLUICE_RETURN_IF_ERROR(ParseSequence(depth));
    if (AtEnd()) return Error("unclosed '{'", opened_at);
    const bool last = Take() == '}';
    ends.push_back(Emit(Op::kSplit));
    (*instructions_)[split].argument = last ? split + 1 : Here();
    if (last) break;
  }
  for (uint32_t end : ends) (*instructions_)[end].next = (*instructions_)[end].argument = Here();
  return absl::OkStatus();
}

absl::Status Parser::ParseSet() {
  const size_t opened_at = taken_ + 1;
  Take();
  CharSet set;
  set.negated = TakeIf('!') || TakeIf('^');
  // A ']' that comes first is a member.
  do {
    Character first;
    SLUICE_RETURN_IF_ERROR(ParseSetMember(opened_at, &first));
    Character last = first;
    if (rest_.size() >= 2 && rest_[0] == '-' && rest_[1] != ']') {
      Take();
      SLUICE_RETURN_IF_ERROR(ParseSetMember(opened_at, &last));
      if (last < first) return Error("range that goes backwards", taken_ - 2);
    }
    set.ranges.emplace_back(first, last);
  } while (!At(']'));
  Take();
  sets_->push_back(std::move(set));
  Emit(Op::kSet, static_cast<uint32_t>(sets_->size() - 1));
  return absl::OkStatus();
}

absl::Status Parser::ParseSetMember(size_t opened_at, Character* member) {
  if (AtEnd()) return Error("unclosed '['", opened_at);
  SLUICE_RETURN_IF_ERROR(ParseLiteral(member));
  return AtEnd() ? Error("unclosed '['", opened_at) : absl::OkStatus();
}

absl::Status Parser::ParseLiteral(Character* literal) {
  if (TakeIf('\\') && AtEnd()) return Error("'\\' with nothing behind it", taken_);
  *literal = Take();
  return absl::OkStatus();
}

Character Parser::Take() {
  ++taken_;
  return TakeCharacter(&rest_);
}

bool Parser::TakeIf(char c) {
  if (!At(c)) return false;
  Take();
  return true;
}

uint32_t Parser::Emit(Op op, uint32_t argument) {
  instructions_->push_back({.op = op, .next = Here() + 1, .argument = argument});
  return Here() - 1;
}

absl::Status Parser::Error(std::string_view problem, size_t character) const {
  return InvalidArgument(problem, " at character ", character, " of ", Quoted(pattern_));
}

}  // namespace sluice::glob_internal
