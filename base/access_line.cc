#include "base/access_line.h"

#include <cstdint>

namespace sluice {
namespace {

// "20/Nov/2026:09:15:39 +0000": of each place the least byte, and how much larger one may be. A '0' stands for a digit,
// an 'a' for a letter, a '+' for a sign, which is looked at apart.
struct Shape {
  static constexpr std::string_view kText = "00/aaa/0000:00:00:00 +0000";
  static constexpr size_t kSign = kText.find('+');
  uint8_t fold[kText.size()] = {};  // set in the byte first: letters of both cases are the same
  uint8_t least[kText.size()] = {};
  uint8_t more[kText.size()] = {};

  constexpr Shape() {
    for (size_t i = 0; i < kText.size(); ++i) {
      const char c = kText[i];
      fold[i] = c == 'a' ? 0x20 : 0;
      least[i] = static_cast<uint8_t>(c);
      more[i] = c == '0' ? 9 : c == 'a' ? 25 : i == kSign ? 255 : 0;
    }
  }
};

constexpr Shape kShape;

}  // namespace

size_t AccessTimeSize(std::string_view text) {
  constexpr size_t kSize = Shape::kText.size();
  if (text.size() < kSize) return 0;
  // Without a branch, so that the compiler takes many bytes at a time: this is done for each line.
  uint8_t wrong = text[Shape::kSign] != '+' && text[Shape::kSign] != '-' ? 1 : 0;
  for (size_t i = 0; i < kSize; ++i) {
    const auto byte = static_cast<uint8_t>(text[i] | kShape.fold[i]);
    wrong |= static_cast<uint8_t>(byte - kShape.least[i]) > kShape.more[i] ? 1 : 0;
  }
  return wrong == 0 ? kSize : 0;
}

}  // namespace sluice
