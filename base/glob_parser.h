// From a glob to the program that glob.cc runs. Only for glob.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"

namespace sluice::glob_internal {

// A Unicode code point; or, for a byte that is no UTF-8, a number above all code points that stands for this byte.
using Character = char32_t;
Character TakeCharacter(std::string_view* text);

enum class Op : uint8_t {
  kCharacter,         // the character `argument`
  kAny,               // any character
  kAnyInComponent,    // any character but the path separator
  kSet,               // a character of the set number `argument`
  kSplit,             // go on at `next` and at `argument`
  kIfComponentStart,  // go on only at the start of the text and behind a separator
  kMatch,             // the pattern ends here
};

struct Instruction {
  Op op;
  uint32_t next = 0;
  uint32_t argument = 0;
};

struct CharSet {
  std::vector<std::pair<Character, Character>> ranges;
  bool negated = false;

  bool Contains(Character c) const {
    for (const auto& [first, last] : ranges) {
      if (c >= first && c <= last) return !negated;
    }
    return negated;
  }
};

// Parses one pattern, once.
class Parser {
 public:
  Parser(std::string_view pattern, bool path, std::vector<Instruction>* instructions, std::vector<CharSet>* sets);

  // Appends the program, which begins at instruction 0. InvalidArgument with what is wrong, and at which character.
  absl::Status Parse();

 private:
  // Reads up to the end of the pattern, or inside of braces up to the ',' or '}' that ends this alternative.
  absl::Status ParseSequence(int depth);
  absl::Status ParseAlternatives(int depth);
  absl::Status ParseSet();
  absl::Status ParseSetMember(size_t opened_at, Character* member);
  void ParseStars();
  // Reads one character, `\x` as x.
  absl::Status ParseLiteral(Character* literal);

  bool AtEnd() const { return rest_.empty(); }
  bool At(char c) const { return !rest_.empty() && rest_.front() == c; }
  Character Take();
  bool TakeIf(char c);

  uint32_t Here() const { return static_cast<uint32_t>(instructions_->size()); }
  // Appends an instruction that goes on at the one after it.
  uint32_t Emit(Op op, uint32_t argument = 0);
  absl::Status Error(std::string_view problem, size_t character) const;

  const std::string_view pattern_;
  const bool path_;
  std::vector<Instruction>* const instructions_;
  std::vector<CharSet>* const sets_;
  std::string_view rest_;
  size_t taken_ = 0;  // characters
};

}  // namespace sluice::glob_internal
