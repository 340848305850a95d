#include "base/glob.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/container/inlined_vector.h"
#include "base/glob_parser.h"
#include "base/status.h"

namespace sluice {
namespace {

using glob_internal::Character;
using glob_internal::CharSet;
using glob_internal::Instruction;
using glob_internal::Op;

// The instructions that the matcher stands on, each at most once: all ways of matching go forward together, so that
// time is bounded by text times pattern, whatever the pattern.
class States {
 public:
  explicit States(size_t size) : seen_(size, 0) {}

  void Clear() {
    active_.clear();
    ++round_;
  }
  bool Add(uint32_t at) {
    if (seen_[at] == round_) return false;
    seen_[at] = round_;
    active_.push_back(at);
    return true;
  }
  // Grows while Add is called.
  const absl::InlinedVector<uint32_t, 64>& active() const { return active_; }

 private:
  absl::InlinedVector<uint32_t, 64> active_;
  absl::InlinedVector<uint32_t, 64> seen_;  // the round in which each instruction was added last
  uint32_t round_ = 1;
};

// What a text has to end with to match, if the pattern says nothing else: "**/*.gz", which most files of a directory
// are compared with, and "**/*".
std::optional<std::string> EndingOf(std::string_view pattern, Glob::Kind kind) {
  constexpr std::string_view kAnyFile = "**/*";
  if (kind != Glob::Kind::kPath || !pattern.starts_with(kAnyFile)) return std::nullopt;
  const std::string_view ending = pattern.substr(kAnyFile.size());
  const auto is_literal = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  };
  if (!std::all_of(ending.begin(), ending.end(), is_literal)) return std::nullopt;
  return std::string(ending);
}

}  // namespace

struct Glob::Program {
  std::vector<Instruction> instructions;
  std::vector<CharSet> sets;
  Kind kind;

  // Goes on from everything in `states` to what needs no character. True if the end of the pattern is among it.
  bool Follow(States* states, bool component_start) const;
  bool Takes(const Instruction& instruction, char32_t c) const;
};

bool Glob::Program::Follow(States* states, bool component_start) const {
  bool matched = false;
  for (size_t i = 0; i < states->active().size(); ++i) {
    const Instruction& instruction = instructions[states->active()[i]];
    switch (instruction.op) {
      case Op::kSplit:
        states->Add(instruction.next);
        states->Add(instruction.argument);
        break;
      case Op::kIfComponentStart:
        if (component_start) states->Add(instruction.next);
        break;
      case Op::kMatch:
        matched = true;
        break;
      default:
        break;
    }
  }
  return matched;
}

bool Glob::Program::Takes(const Instruction& instruction, char32_t c) const {
  const bool separator = kind == Kind::kPath && c == '/';
  switch (instruction.op) {
    case Op::kCharacter:
      return c == instruction.argument;
    case Op::kAny:
      return true;
    case Op::kAnyInComponent:
      return !separator;
    case Op::kSet:
      return !separator && sets[instruction.argument].Contains(c);
    default:
      return false;
  }
}

absl::StatusOr<Glob> Glob::Compile(std::string_view pattern, Kind kind) {
  auto program = std::make_shared<Program>();
  program->kind = kind;
  glob_internal::Parser parser(pattern, kind == Kind::kPath, &program->instructions, &program->sets);
  SLUICE_RETURN_IF_ERROR(parser.Parse());
  return Glob(std::string(pattern), std::move(program), EndingOf(pattern, kind));
}

bool Glob::Matches(std::string_view text) const {
  if (ending_.has_value()) return text.ends_with(*ending_);
  const std::vector<Instruction>& instructions = program_->instructions;
  States now(instructions.size());
  States next(instructions.size());
  now.Add(0);
  bool matched = program_->Follow(&now, /*component_start=*/true);
  while (!text.empty() && !now.active().empty()) {
    const Character c = glob_internal::TakeCharacter(&text);
    next.Clear();
    for (uint32_t at : now.active()) {
      if (program_->Takes(instructions[at], c)) next.Add(instructions[at].next);
    }
    matched = program_->Follow(&next, /*component_start=*/c == '/');
    std::swap(now, next);
  }
  return matched && text.empty();
}

bool MatchesAny(const std::vector<Glob>& globs, std::string_view text) {
  for (const Glob& glob : globs) {
    if (glob.Matches(text)) return true;
  }
  return false;
}

}  // namespace sluice
